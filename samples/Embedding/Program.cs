Console.WriteLine("embedding");
