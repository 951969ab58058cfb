import Core
import Engine
import Jobs
import SystemPackage

/// What `probe` and `plan` say of sound alone and of pictures.
extension Facts {
    static func columns(_ source: SoundSource) -> Columns {
        var columns = Columns()
        columns.add(source)
        columns.add(source.audio)
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
        expectedTime: ExpectedTime,
        width: Int,
        style: Style = .plain
    ) -> String {
        var columns: Columns
        let path: String
        let reasons: [String]
        switch planned {
        case .video(let source, let plan, _):
            columns = Self.columns(plan, of: source)
            (path, reasons) = (
                source.path,
                plan.reasons + [plan.lengthAdvice(for: source)].compactMap(\.self)
            )
        case .sound(let source, let plan, _):
            columns = Self.columns(plan, of: source)
            (path, reasons) = (source.path, plan.reasons)
        case .still(let source, let plan, _):
            columns = Self.columns(plan, of: source)
            (path, reasons) = (source.path, plan.reasons)
        }
        columns.add("Time", "about \(durationText(expectedTime.seconds)) on this machine")
        columns.add("Because", each: reasons.map(\.withoutControls))
        let arrow = style.usesUnicode ? "→" : "->"
        let output = planned.request.destination.string
        let text = titled("\(path) \(arrow) \(output)", columns, width: width, style: style)
        guard case .video(_, let plan, _) = planned else { return text }
        let table = OutlookTable.lines(
            plan,
            expectedTime: expectedTime,
            width: width,
            style: style
        )
        return ([text] + (table.isEmpty ? [] : [""] + table)).joined(separator: "\n")
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
        columns.add("Sound", each: plan.sounds.map(sound))
        columns.add(
            containerBytes: plan.containerBytes,
            expectedBytes: plan.expectedBytes,
            targetBytes: plan.targetBytes,
            smallestBytes: plan.smallestBytes,
            of: "this sound"
        )
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
