using System.Diagnostics.CodeAnalysis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Protocols;

/// <summary>What was told to a binding while its adapter was reset, in order. Outlives the binding's actor.</summary>
internal sealed class HeldCommands
{
    private readonly Queue<IBindingCommand> _held = new();

    /// <summary>Whether there is nothing.</summary>
    public bool IsEmpty => _held.Count == 0;

    /// <summary>Keeps one.</summary>
    public void Add(IBindingCommand command)
    {
        command.Keep(true);
        _held.Enqueue(command);
    }

    /// <summary>The next one, which is lost with whoever has it now.</summary>
    public bool TryNext([MaybeNullWhen(false)] out IBindingCommand command)
    {
        if (!_held.TryDequeue(out command))
            return false;
        command.Keep(false);
        return true;
    }

    /// <summary>Nobody will take them up.</summary>
    public void Refuse()
    {
        while (TryNext(out IBindingCommand? command))
            command.Lost();
    }
}
