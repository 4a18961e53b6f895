using System.Text.Json;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Intermediates;

/// <summary>Writes messages as lines of JSON: what caused what can be followed by request and flight from layer to
/// layer.</summary>
internal sealed class RequestTrace(Stream to) : IDisposable
{
    private readonly Utf8JsonWriter _json = new(to);

    /// <summary>A line for each parcel that a message carries, or one for a message that carries none.</summary>
    public void Write(string layer, DateTimeOffset at, OffloadMessage message)
    {
        Flight flight = message.Carried;
        for (Parcel? parcel = flight.Head; parcel is not null; parcel = parcel.Next)
            Write(layer, at, message, parcel);
        if (message is TcpOffloadEvent said)
            Write(layer, at, said, null);
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private void Write(string layer, DateTimeOffset at, OffloadMessage message, Parcel? parcel)
    {
        bool isUp = message is OffloadCompletion or OffloadIndication;
        _json.WriteStartObject();
        _json.WriteString("at", at.UtcDateTime);
        _json.WriteString("layer", layer);
        _json.WriteString("way", isUp ? "up" : "down");
        _json.WriteString("connection", message.Connection.ToString());
        if (message is TcpOffloadEvent said)
        {
            _json.WriteString("event", said.Type.ToString());
            _json.WriteNumber("information", said.Information);
        }
        if (parcel is not null)
            WriteParcel(parcel, isUp);
        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
        to.WriteByte((byte)'\n');
    }

    private void WriteParcel(Parcel parcel, bool isUp)
    {
        _json.WriteNumber("request", parcel.Id);
        _json.WriteNumber("flight", parcel.Custody.Flight.Value);
        _json.WriteString("operation", parcel.Operation.ToString());
        _json.WriteNumber("offset", parcel.StreamOffset);
        if (parcel is NetBufferList list)
            _json.WriteNumber("bytes", list.DataLength);
        if (isUp && parcel.Operation != OffloadOperation.ReceiveIndicate)
        {
            _json.WriteString("status", parcel.Status.ToString());
            _json.WriteNumber("transferred", parcel.BytesTransferred);
        }
        _json.WriteString("path", parcel.Frames.ToString());
    }
}
