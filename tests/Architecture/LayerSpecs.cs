using ChimneyActors.Buffers;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace ChimneyActors.Architecture;

public sealed class LayerSpecs
{
    private const string Root = "ChimneyActors";

    [Fact]
    public void No_folder_of_the_library_uses_one_it_may_not_use()
    {
        using ModuleDefinition library = Library();
        Layers.Breaches(CompiledEdges.Of(library, Root)).ShouldBeNone();
    }

    [Fact]
    public void No_folder_of_the_cluster_library_uses_one_it_may_not_use()
    {
        const string root = "ChimneyActors.Cluster";
        using ModuleDefinition library = ModuleDefinition.ReadModule(typeof(Cluster.ClusterTarget).Assembly.Location);
        CompiledEdges.Types(library, root).ShouldNotBeEmpty();
        Layers.BreachesInCluster(CompiledEdges.Of(library, root)).ShouldBeNone();
    }

    [Fact]
    public void Every_type_lives_in_a_folder_that_the_table_knows()
    {
        using ModuleDefinition library = Library();
        CompiledEdges.Types(library, Root).ShouldNotBeEmpty();
        CompiledEdges.Types(library, Root)
            .Where(type => !Layers.Knows(CompiledEdges.Folder(type.Namespace, Root)))
            .Select(type => type.FullName)
            .ShouldBeNone();
    }

    [Theory]
    [InlineData("ChimneyActors")]
    [InlineData("ChimneyActors.TestKit")]
    [InlineData("ChimneyActors.Conformance")]
    [InlineData("ChimneyActors.Cluster")]
    [InlineData("chimney")]
    public void No_project_uses_one_it_may_not_use(string project)
    {
        using ModuleDefinition module = ModuleDefinition.ReadModule(
            Path.Combine(AppContext.BaseDirectory, project + ".dll"));
        string[] used = [.. module.AssemblyReferences.Select(other => other.Name).Where(Layers.Projects.ContainsKey)];
        used.Except(Layers.Projects[project]).ShouldBeEmpty();
        if (project != "ChimneyActors")
            used.ShouldContain("ChimneyActors", "a check that sees no use proves nothing");
    }

    [Theory]
    [InlineData("Buffers", "Ndis", false)]
    [InlineData("Ndis", "Buffers", true)]
    [InlineData("Ndis", "Akka", false)]
    [InlineData("Buffers", "Akka", false)]
    [InlineData("Targets", "Akka", false)]
    [InlineData("Targets", "Supervision", false)]
    [InlineData("Supervision", "Akka", true)]
    [InlineData("Supervision", "Protocols", false)]
    [InlineData("Protocols", "Miniports", false)]
    [InlineData("Intermediates", "Protocols", false)]
    [InlineData("Miniports", "Targets", false)]
    [InlineData("Miniports", "Supervision", true)]
    [InlineData("Embedding", "Targets", true)]
    [InlineData("Buffers", "", false)]
    [InlineData("", "Buffers", false)]
    public void The_table_says_who_may_use_whom(string from, string to, bool allowed) =>
        (Layers.Breaches([new Edge(from, to, "A", "B")]).Length == 0).ShouldBe(allowed);

    /// <summary>The checker must be able to fail: one use, hidden in each place where a use can hide.</summary>
    [Theory]
    [InlineData("base")]
    [InlineData("field")]
    [InlineData("argument of a generic field")]
    [InlineData("parameter of a nested type's method")]
    [InlineData("operand")]
    [InlineData("local")]
    public void A_use_is_found_wherever_it_hides(string place)
    {
        using var assembly = AssemblyDefinition.CreateAssembly(
            new AssemblyNameDefinition("Tiny", new Version(1, 0)), "Tiny", ModuleKind.Dll);
        ModuleDefinition tiny = assembly.MainModule;
        TypeDefinition used = Add(tiny, "Tiny.Protocols", "Upper");
        TypeDefinition user = Add(tiny, "Tiny.Miniports.Deep", "Lower");

        Hide(tiny, user, used, place);

        Layers.Breaches(CompiledEdges.Of(tiny, "Tiny")).ShouldBe(
            ["Tiny.Miniports.Deep.Lower uses Tiny.Protocols.Upper: Miniports may not use Protocols"]);
    }

    private static void Hide(ModuleDefinition tiny, TypeDefinition user, TypeDefinition used, string place)
    {
        var method = new MethodDefinition("M", MethodAttributes.Static, tiny.TypeSystem.Void);
        TypeDefinition owner = user;
        if (place == "base")
            user.BaseType = used;
        else if (place == "field")
            user.Fields.Add(new FieldDefinition("F", FieldAttributes.Private, new ArrayType(used)));
        else if (place == "argument of a generic field")
            user.Fields.Add(new FieldDefinition("F", FieldAttributes.Private,
                new GenericInstanceType(tiny.ImportReference(typeof(List<>))) { GenericArguments = { used } }));
        else if (place == "operand")
            method.Body.Instructions.Add(Instruction.Create(OpCodes.Ldtoken, used));
        else if (place == "local")
            method.Body.Variables.Add(new VariableDefinition(used));
        else
        {
            owner = new TypeDefinition("", "<Made>", TypeAttributes.NestedPrivate, tiny.TypeSystem.Object);
            user.NestedTypes.Add(owner);
            method.Parameters.Add(new ParameterDefinition(new ByReferenceType(used)));
        }
        owner.Methods.Add(method);
    }

    private static TypeDefinition Add(ModuleDefinition module, string folder, string name)
    {
        var type = new TypeDefinition(folder, name, TypeAttributes.Public, module.TypeSystem.Object);
        module.Types.Add(type);
        return type;
    }

    private static ModuleDefinition Library() => ModuleDefinition.ReadModule(typeof(NdisStatus).Assembly.Location);
}
