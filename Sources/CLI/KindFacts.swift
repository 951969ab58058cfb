import Core
import Engine
import SystemPackage

/// What `probe` and `plan` say of sound alone and of pictures.
extension Facts {
    static func columns(_ source: SoundSource) -> Columns {
        var columns = Columns()
        columns.add("Size", "\(ByteSize.grouped(source.bytes)) bytes")
        columns.add(
            "Length",
            durationText(source.durationSeconds)
                + (source.durationIsEstimated ? ", estimated: the file does not say" : "")
        )
        columns.add("Container", source.container.withoutControls)
        for (index, track) in source.audio.enumerated() {
            let number = source.audio.count > 1 ? "\(track.number). " : ""
            columns.add(index == 0 ? "Sound" : "", number + sound(track))
        }
        if let cover = source.metadata.cover {
            columns.add("Cover", "\(cover.codec), \(ByteSize.text(cover.bytes))")
        }
        return columns
    }

    static func columns(_ source: StillSource) -> Columns {
        var columns = Columns()
        columns.add("Size", "\(ByteSize.grouped(source.bytes)) bytes")
        columns.add("Container", source.container.withoutControls)
        var picture = "\(source.displaySize)"
        if !source.orientation.isUpright {
            picture += ", stored as \(source.codedSize) and turned"
        }
        columns.add("Picture", picture)
        columns.add("Codec", source.codec.withoutControls)
        if source.hasAlpha { columns.add("Pixels", "with transparency") }
        return columns
    }

    /// What would be done with an input, and why.
    static func text(
        _ planned: Planned,
        expectedSeconds: Double,
        width: Int,
        style: Style = .plain
    ) -> String {
        let output = planned.request.destination.string
        switch planned {
        case .video(let source, let plan, _):
            return text(
                plan,
                of: source,
                output: output,
                expectedSeconds: expectedSeconds,
                width: width,
                style: style
            )
        case .sound(let source, let plan, _):
            var columns = columns(plan, of: source)
            columns.add("Time", "about \(durationText(expectedSeconds)) on this machine")
            for (index, reason) in plan.reasons.enumerated() {
                columns.add(index == 0 ? "Because" : "", reason.withoutControls)
            }
            let arrow = style.usesUnicode ? "→" : "->"
            return titled("\(source.path) \(arrow) \(output)", columns, width: width, style: style)
        case .still(let source, let plan, _):
            var columns = columns(plan, of: source)
            columns.add("Time", "about \(durationText(expectedSeconds)) on this machine")
            for (index, reason) in plan.reasons.enumerated() {
                columns.add(index == 0 ? "Because" : "", reason.withoutControls)
            }
            let arrow = style.usesUnicode ? "→" : "->"
            return titled("\(source.path) \(arrow) \(output)", columns, width: width, style: style)
        }
    }

    private static func columns(_ plan: StillPlan, of source: StillSource) -> Columns {
        var columns = Columns()
        columns.add(
            "Source",
            "\(source.codec.withoutControls), \(source.displaySize), "
                + ByteSize.text(source.bytes)
        )
        let method =
            switch plan.method {
            case .copy: "already fits: copied as it is"
            case .strip: "already fits: copied without what tells of you"
            case .encode: "encoded until it fits"
            }
        columns.add("Method", method)
        columns.add("Picture", "\(plan.format.name), at most \(plan.size)")
        if let target = plan.targetBytes {
            columns.add("Expected", "never more than \(ByteSize.grouped(target)) bytes")
        } else {
            columns.add("Expected", "not larger than the source")
        }
        return columns
    }

    private static func columns(_ plan: SoundPlan, of source: SoundSource) -> Columns {
        var columns = Columns()
        columns.add(
            "Source",
            (source.audio.first.map { sound($0) + ", " } ?? "")
                + "\(durationText(source.durationSeconds)), " + ByteSize.text(source.bytes)
        )
        columns.add("Method", method(plan))
        for (index, track) in plan.sounds.enumerated() {
            columns.add(index == 0 ? "Sound" : "", sound(track))
        }
        columns.add("Container", "about \(ByteSize.grouped(plan.containerBytes)) bytes")
        columns.add(
            "Expected",
            "about \(ByteSize.text(plan.expectedBytes))"
                + (plan.targetBytes.map { ", never more than \(ByteSize.grouped($0)) bytes" } ?? "")
        )
        if plan.smallestBytes > 0 {
            columns.add(
                "Smallest",
                "this sound can be asked for \(ByteSize.text(plan.smallestBytes))"
            )
        }
        return columns
    }

    private static func method(_ plan: SoundPlan) -> String {
        switch plan.method {
        case .remux: "already fits: copied without encoding"
        case .constantQuality: "one encode at a usual rate, not larger than the source"
        case .fit: "encoded to \(ByteSize.grouped(plan.limitBytes)) bytes"
        }
    }
}
