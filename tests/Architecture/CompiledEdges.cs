using Mono.Cecil;
using Mono.Cecil.Cil;

namespace ChimneyActors.Architecture;

/// <summary>Reads from compiled IL which types use which others.</summary>
internal static class CompiledEdges
{
    /// <summary>All edges within a root namespace, and from it to Akka.</summary>
    /// <remarks>What the compiler made counts for its declaring type; what it puts into the module for itself
    /// (embedded attributes and the like) does not count.</remarks>
    public static IEnumerable<Edge> Of(ModuleDefinition module, string root) =>
        from type in Types(module, root)
        from used in Uses(type).SelectMany(Parts)
        let to = Target(used, root)
        where to is not null
        select new Edge(Folder(type.Namespace, root), to, type.FullName, used.FullName);

    /// <summary>The outermost types of the project.</summary>
    public static IEnumerable<TypeDefinition> Types(ModuleDefinition module, string root) =>
        module.Types.Where(type => IsWithin(type.Namespace, root));

    /// <summary>The first name behind the root, empty for the root itself.</summary>
    public static string Folder(string name, string root) =>
        name.Length == root.Length ? "" : name[(root.Length + 1)..].Split('.')[0];

    private static bool IsWithin(string name, string root) =>
        name == root || name.StartsWith(root + ".", StringComparison.Ordinal);

    private static string? Target(TypeReference used, string root)
    {
        while (used.DeclaringType is not null)
            used = used.DeclaringType;
        return IsWithin(used.Namespace, root) ? Folder(used.Namespace, root)
            : IsWithin(used.Namespace, Layers.Akka) ? Layers.Akka
            : null;
    }

    private static IEnumerable<TypeReference?> Uses(TypeDefinition type) =>
    [
        type.BaseType,
        .. type.Interfaces.Select(face => face.InterfaceType),
        .. Attributes(type), .. Constraints(type),
        .. type.Fields.Select(field => field.FieldType), .. type.Fields.SelectMany(Attributes),
        .. type.Properties.SelectMany(Attributes), .. type.Events.SelectMany(Attributes),
        .. type.Methods.SelectMany(Signature), .. type.Methods.SelectMany(Attributes),
        .. type.Methods.SelectMany(Constraints), .. type.Methods.Where(method => method.HasBody).SelectMany(Body),
        .. type.NestedTypes.SelectMany(Uses),
    ];

    private static IEnumerable<TypeReference?> Body(MethodDefinition method) =>
    [
        .. method.Body.Variables.Select(variable => variable.VariableType),
        .. method.Body.ExceptionHandlers.Select(handler => handler.CatchType),
        .. method.Body.Instructions.SelectMany(Operand),
    ];

    private static IEnumerable<TypeReference?> Operand(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        GenericInstanceMethod method => [.. Signature(method), .. method.GenericArguments],
        MethodReference method => Signature(method),
        CallSite site => [site.ReturnType, .. site.Parameters.Select(parameter => parameter.ParameterType)],
        _ => [],
    };

    private static IEnumerable<TypeReference?> Signature(MethodReference method) =>
        [method.DeclaringType, method.ReturnType, .. method.Parameters.Select(parameter => parameter.ParameterType)];

    private static IEnumerable<TypeReference?> Attributes(ICustomAttributeProvider provider) =>
        provider.CustomAttributes.Select(attribute => attribute.AttributeType);

    private static IEnumerable<TypeReference?> Constraints(IGenericParameterProvider provider) =>
        provider.GenericParameters.SelectMany(one => one.Constraints).Select(constraint => constraint.ConstraintType);

    /// <summary>Arrays, references and generic types are made of other types.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType generic => [generic.ElementType, .. generic.GenericArguments.SelectMany(Parts)],
        IModifierType modified => [.. Parts(modified.ElementType), .. Parts(modified.ModifierType)],
        FunctionPointerType pointer =>
            [.. Parts(pointer.ReturnType), .. pointer.Parameters.SelectMany(one => Parts(one.ParameterType))],
        TypeSpecification made => Parts(made.ElementType),
        _ => [type],
    };
}
