import CFFmpeg
import Core
package import SystemPackage

/// Writes M4As: sound, its tags and chapters, a cover, the index in front.
package enum SoundMuxer {
    /// Writes a file of finished tracks.
    package static func write(
        _ sound: inout Track,
        trimmings: Trimmings,
        to path: FilePath,
        flag: CancellationFlag
    ) throws(MediaError) {
        var output = try begun(path, sound, trimmings)
        sound.rewind()
        var packet = try Packet()
        while try sound.next(into: &packet) {
            if flag.isRaised { throw MediaError(.other, doing: "write the file") }
            try output.write(&packet, stream: packet.streamIndex)
        }
        try output.finish()
    }

    /// What the file has beside its packets, in bytes, by writing it for once without them.
    package static func containerBytes(
        _ sound: inout Track,
        trimmings: Trimmings
    ) throws(MediaError) -> Int {
        var output = try begun(nil, sound, trimmings)
        sound.rewind()
        var packet = try Packet()
        while try sound.next(into: &packet, isEmpty: true) {
            try output.write(&packet, stream: packet.streamIndex)
        }
        sound.rewind()
        return try output.containerBytes()
    }

    private static func begun(
        _ path: FilePath?,
        _ sound: borrowing Track,
        _ trimmings: Trimmings
    ) throws(MediaError) -> OutputFile {
        var output = try OutputFile(path: path, as: .m4a)
        try output.addStreams(for: sound)
        try output.begin(trimmings, seconds: sound.durationSeconds)
        return output
    }
}
