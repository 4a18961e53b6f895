Console.WriteLine("chimney");
