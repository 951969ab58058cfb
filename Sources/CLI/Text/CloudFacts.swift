import Cloud
import Core
import Foundation
import Jobs
import SystemPackage

/// What the cloud commands say to a person at their end.
enum CloudFacts {
    /// The tracks on one line where it fits, else a line each (§7.2).
    static func timeline(_ timeline: Timeline, width: Int?) -> String {
        let line = timeline.summary
        guard let width, line.columns > width, timeline.tracks.count > 0 else { return line }
        let tracks = timeline.tracks.enumerated().map { "  \($0 + 1). \($1.summary)" }
        let head = line.prefix { $0 != ":" }
        return (["\(head):"] + tracks).joined(separator: "\n")
    }

    /// A session's timeline, its media and its shape.
    static func text(_ state: CloudState, words: CloudWords, width: Int?, style: Style) -> String {
        guard let timeline = state.timeline, !timeline.tracks.isEmpty else {
            let clips = state.videoInfos.count
            return words.emptyTimeline + (clips > 0 ? " " + words.clipsAreThere(clips) : "")
        }
        var text = Self.timeline(timeline, width: width)
        var columns = Columns()
        if let width = state.width, let height = state.height {
            columns.add(words.label(.picture), "\(width)×\(height)")
        }
        if let milliseconds = timeline.duration {
            columns.add(words.label(.length), durationText(milliseconds / 1000))
        }
        columns.add(words.label(.media), "\(state.videoInfos.count)")
        text += "\n\n" + columns.lines(width: width ?? 100, style: style).joined(separator: "\n")
        return text
    }

    /// The balance, in whole credits where it is whole.
    static func text(_ credits: Credits, words: CloudWords) -> String {
        words.credits(
            number(credits.available),
            reserved: number(credits.frozen),
            total: number(credits.total)
        )
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && value < 1e15
            ? ByteSize.grouped(Int(value)) : Phrase.decimals(value, 2)
    }

    /// What an export came to.
    static func text(
        _ file: Delivered,
        words: CloudWords,
        width: Int,
        style: Style
    ) -> String {
        var columns = Columns()
        var size = words.bytes(file.source.bytes)
        if let wish = file.wish {
            size += ", " + words.spare(wish.bytes - file.source.bytes, of: wish.bytes)
        }
        columns.add(words.label(.size), size)
        let video = file.source.video
        columns.add(
            words.label(.picture),
            "\(video.displaySize), \(Phrase.frameRate(video.frameRate.value)), "
                + durationText(file.source.durationSeconds)
        )
        let codecs =
            [video.codec == "h264" ? "H.264" : video.codec.uppercased()]
            + file.source.audio.prefix(1).map { $0.codec.uppercased() }
        columns.add(words.label(.codecs), codecs.joined(separator: ", ").withoutControls)
        columns.add(words.label(.maker), words.maker(file.maker))
        if let reason = file.reason {
            columns.add(words.label(.reason), words.reason(reason).withoutControls)
        }
        columns.add(words.label(.time), durationText(file.elapsedSeconds))
        let mark = style.usesUnicode ? "✓" : "*"
        let title = style.green(mark) + " " + style.bold(file.path.string.withoutControls)
        return ([title, ""] + columns.lines(width: min(100, width), style: style))
            .joined(separator: "\n")
    }

    /// What this machine knows of the service and of the user.
    static func text(_ status: StatusPayload, width: Int, style: Style) -> String {
        var columns = Columns()
        columns.add("Service", status.host.withoutControls)
        columns.add("Profile", status.profile)
        columns.add("Agreed", agreement(status))
        columns.add("Token", token(status))
        columns.add("Session", session(status))
        if status.jobs > 0 {
            columns.add("Exports", "\(status.jobs) left behind: cinch jobs --resume")
        }
        return columns.lines(width: min(100, width), style: style).joined(separator: "\n")
    }

    /// The same in one line, for people who only want to know whether it could be used.
    static func summary(_ status: StatusPayload) -> String {
        "\(status.host.withoutControls); agreed \(agreement(status)); token: \(token(status))"
    }

    private static func agreement(_ status: StatusPayload) -> String {
        if status.isOffline { return "set to work offline: nothing is sent" }
        if status.agreesToUpload { return "to contact it, and to send it files" }
        if status.agreesToContact { return "to contact it; asks again before the first upload" }
        return "to nothing yet: cinch cloud login"
    }

    private static func token(_ status: StatusPayload) -> String {
        switch status.token {
        case "environment": "from NEMO_TOKEN"
        case "saved":
            "saved on this machine"
                + (status.tokenExpiresUnixSeconds.map { ", until \(date($0))" } ?? "")
        default: "none"
        }
    }

    private static func session(_ status: StatusPayload) -> String {
        guard let opened = status.sessionOpenedUnixSeconds else { return "none" }
        let files = status.uploads.map(\.withoutControls).joined(separator: ", ")
        return "since \(date(opened))" + (files.isEmpty ? "" : ": \(files)")
    }

    /// Year, month, day and minute, the same in every locale.
    static func date(_ unixSeconds: Double) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyy-MM-dd HH:mm"
        return formatter.string(from: Date(timeIntervalSince1970: unixSeconds))
    }
}
