import Core
import Jobs

/// Rows that `probe` and `plan` have for more than one kind of material.
extension Columns {
    /// What a file is that has a length.
    mutating func add(_ source: some Recording) {
        add("Size", "\(ByteSize.grouped(source.bytes)) bytes")
        add(
            "Length",
            durationText(source.durationSeconds)
                + (source.durationIsEstimated ? ", estimated: the file does not say" : "")
        )
        if let cut = source.cut {
            add(
                "Damage",
                "cut off: it says \(durationText(cut.statedSeconds)) and "
                    + "\(ByteSize.grouped(cut.statedBytes)) bytes"
            )
        }
        add("Container", source.container.withoutControls)
    }

    /// The tracks to hear, numbered where there are several.
    mutating func add(_ tracks: [AudioTrack]) {
        add(
            "Sound",
            each: tracks.map { track in
                (tracks.count > 1 ? "\(track.number). " : "") + Facts.sound(track)
            }
        )
    }

    /// What a result of picture or sound will have beside them, and weigh.
    ///
    /// `what`: of which the smallest size is told, as in `this clip`.
    mutating func add(
        containerBytes: Int,
        expectedBytes: Int,
        targetBytes: Int?,
        smallestBytes: Int,
        of what: String
    ) {
        add("Container", "about \(ByteSize.grouped(containerBytes)) bytes")
        add(
            "Expected",
            "about \(ByteSize.text(expectedBytes))"
                + (targetBytes.map { ", never more than \(ByteSize.grouped($0)) bytes" } ?? "")
        )
        if smallestBytes > 0 {
            add("Smallest", "\(what) can be asked for \(ByteSize.text(smallestBytes))")
        }
    }

    /// Rows under one name.
    mutating func add(_ name: String, each texts: [String]) {
        for (index, text) in texts.enumerated() { add(index == 0 ? name : "", text) }
    }
}
