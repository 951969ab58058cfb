import Core
import Engine
import Jobs

/// What `probe`, `plan` and `doctor` say to a person.
enum Facts {
    /// What a file is.
    static func text(_ material: Material, width: Int, style: Style = .plain) -> String {
        var columns =
            switch material {
            case .video(let source): columns(source)
            case .sound(let source): columns(source)
            case .still(let source): columns(source)
            }
        if let misnomer = material.misnomer { columns.add("Name", misnomer.withoutControls) }
        return titled(material.path, columns, width: width, style: style)
    }

    private static func columns(_ source: Source) -> Columns {
        let video = source.video
        var columns = Columns()
        columns.add(source)
        columns.add("Picture", picture(video))
        columns.add("Video", codec(video))
        columns.add("Pixels", pixels(video))
        if source.audio.isEmpty { columns.add("Sound", "none") }
        columns.add(source.audio)
        if let obstacle = Plan.obstacleToPlayingEverywhere(source) {
            columns.add("Plays", "perhaps not everywhere: \(obstacle)")
        } else {
            columns.add("Plays", "everywhere")
        }
        return columns
    }

    /// What would be done with a video.
    static func columns(_ plan: Plan, of source: Source) -> Columns {
        var columns = Columns()
        columns.add(
            "Source",
            "\(picture(source.video)), \(durationText(source.durationSeconds)), "
                + ByteSize.text(source.bytes)
        )
        columns.add("Method", method(plan))
        columns.add(
            "Picture",
            "\(plan.picture.size) at \(Phrase.frameRate(plan.picture.frameRate.value)), "
                + "\(ByteSize.grouped(plan.frames)) frames"
        )
        if plan.method == .fit {
            columns.add(
                "Video",
                "H.264, \(Phrase.rate(plan.budget.videoBitsPerSecond)), preset \(plan.speed.preset)"
            )
        } else if plan.method == .constantQuality {
            columns.add(
                "Video",
                "H.264 at constant quality \(Int(Plan.sharingQuality)), preset \(plan.speed.preset)"
            )
        }
        columns.add("Sound", each: ([plan.sound] + plan.furtherSounds).map(sound))
        columns.add(
            containerBytes: plan.budget.containerBytes,
            expectedBytes: plan.expectedBytes,
            targetBytes: plan.targetBytes,
            smallestBytes: plan.smallestBytes,
            of: "this clip"
        )
        if let prospect = plan.prospect {
            let word = Quality(similarity: prospect.similarity).words
            columns.add(
                "Quality",
                "\(word): SSIM \(Phrase.decimals(prospect.similarity, 3)) expected"
            )
        }
        return columns
    }

    /// What this machine offers.
    static func text(
        _ doctor: Doctor,
        cloud: CloudPayload? = nil,
        width: Int,
        style: Style = .plain
    ) -> String {
        var columns = Columns()
        columns.add("Cinch", programVersion)
        columns.add("FFmpeg", "\(doctor.ffmpeg), \(doctor.licence)")
        for (index, library) in doctor.libraries.enumerated() {
            columns.add(
                index == 0 ? "Libraries" : "",
                "\(library.name) \(library.running)"
                    + (library.built == library.running ? "" : ", built with \(library.built)")
                    + (library.isCompatible ? "" : ": INCOMPATIBLE")
            )
        }
        columns.add("Writes", availability(doctor.encoders))
        columns.add("Reads", availability(doctor.decoders))
        columns.add(
            "HDR",
            doctor.canToneMap
                ? "tone-mapped (zscale and tonemap are there)"
                : "converted without tone mapping: FFmpeg lacks zscale or tonemap"
        )
        columns.add("Processors", "\(doctor.processors)")
        columns.add(
            "Memory",
            ByteSize.text(doctor.memoryBytes)
                + (doctor.availableMemoryBytes.map { ", \(ByteSize.text($0)) available" } ?? "")
                + "; kept frames may use \(ByteSize.text(doctor.keptFramesMemoryBytes))"
        )
        let limits = doctor.inputLimits
        columns.add(
            "Limits",
            "for a file: \(ByteSize.grouped(limits.pixelsPerFrame)) pixels a frame (--max-pixels), "
                + "\(ByteSize.grouped(limits.frames)) frames (--max-frames), "
                + "\(limits.streams) tracks (--max-streams), "
                + "\(ByteSize.text(limits.memoryBytes)) of memory besides kept frames (--max-memory), "
                + "\(limits.waitSeconds) s for the next frame, and "
                + "\(limits.openingSeconds) s of computing to be opened (--max-stall); "
                + "\(ByteSize.text(limits.blockBytes)) of memory in one piece follow from them"
        )
        columns.add(
            "Disk",
            (doctor.freeBytes.map { "\(ByteSize.text($0)) free" } ?? "unknown")
                + " in \(doctor.folder.withoutControls)"
                + (doctor.isFolderWritable ? "" : ", where you may not write")
        )
        columns.add("Sandbox", sandbox(doctor.sandbox))
        if !doctor.keepsRecords {
            columns.add(
                "State",
                "cannot be kept: what a killed run leaves beside its output is not swept by the next"
            )
        }
        if let cloud {
            // The library and what it speaks TLS with; the rest is long and of no use here.
            let parts = cloud.libcurl.split(separator: " ").prefix(2)
            columns.add("Network", parts.joined(separator: ", ").replacing("/", with: " "))
            columns.add("Cloud", cloud.status.map(CloudFacts.summary) ?? "NEMO_API_URL is refused")
        }
        let isReady = doctor.problems.isEmpty
        columns.add("Verdict", isReady ? "ready" : "not ready")
        for problem in doctor.problems { columns.add("", problem) }
        return columns.lines(width: min(100, width), style: style).joined(separator: "\n")
    }

    /// What holds a decoder back that a file has got hold of.
    private static func sandbox(_ protection: Sandbox.Protection) -> String {
        let version = protection.landlockVersion
        let how = version > 0 ? " (Landlock \(version))" : ""
        switch (protection.files, protection.calls) {
        case (true, true):
            return "what decodes sees its input and its work folder alone, and no network\(how)"
        case (true, false):
            return
                "what decodes sees its input and its work folder alone\(how); the network is open to it"
        case (false, true): return "what decodes has no network; files are open to it"
        case (false, false): return "none: this system has neither Landlock nor seccomp"
        }
    }

    static func titled(
        _ title: String,
        _ columns: Columns,
        width: Int,
        style: Style
    ) -> String {
        ([style.bold(title.withoutControls), ""]
            + columns.lines(width: min(100, width), style: style)).joined(separator: "\n")
    }

    private static func method(_ plan: Plan) -> String {
        switch plan.method {
        case .remux: "already fits: copied without encoding"
        case .constantQuality: "one pass at constant quality, not larger than the source"
        case .fit: "two passes to \(ByteSize.grouped(plan.limitBytes)) bytes"
        }
    }

    private static func picture(_ video: VideoTrack) -> String {
        var text = "\(video.displaySize) at \(Phrase.frameRate(video.frameRate.value))"
        if video.hasVariableFrameRate { text += " (varies)" }
        if video.isInterlaced { text += ", interlaced" }
        if !video.orientation.isUpright {
            text += ", stored as \(video.codedSize) and turned"
        } else if video.displaySize != video.codedSize {
            text += ", stored as \(video.codedSize)"
        }
        return text
    }

    private static func codec(_ video: VideoTrack) -> String {
        var parts = [video.codec]
        if let profile = video.profile { parts[0] += " (\(profile))" }
        if let rate = video.bitsPerSecond { parts.append(Phrase.rate(rate)) }
        return parts.joined(separator: ", ").withoutControls
    }

    private static func pixels(_ video: VideoTrack) -> String {
        var parts = [video.pixelFormat, "\(video.bitDepth) bit"]
        parts.append(
            video.colour.isHighDynamicRange ? "HDR" : (video.colour.matrix ?? "colours not tagged")
        )
        return parts.joined(separator: ", ")
    }

    static func sound(_ track: AudioTrack) -> String {
        var parts = [track.codec]
        parts.append(track.channels == 1 ? "mono" : "\(track.channels) channels")
        parts.append(Phrase.sampleRate(track.sampleRate))
        if let rate = track.bitsPerSecond { parts.append(Phrase.rate(rate)) }
        if let language = track.language { parts.append(language) }
        if track.isSecondary { parts.append("secondary") }
        if !track.isDecodable { parts.append("cannot be decoded here") }
        return parts.joined(separator: ", ").withoutControls
    }

    static func sound(_ sound: Sound) -> String {
        switch sound {
        case .none: "none"
        case .copy(_, let rate, _): "copied as it is, \(Phrase.rate(rate))"
        case .encode(_, let rate, let channels, _):
            "AAC, \(Phrase.rate(rate)), \(channels == 1 ? "mono" : "stereo")"
        case .mix(let tracks, let rate, let channels, _):
            "\(tracks.count) tracks mixed: AAC, \(Phrase.rate(rate)), "
                + (channels == 1 ? "mono" : "stereo")
        }
    }

    private static func availability(_ codecs: [Doctor.Codec]) -> String {
        let there = codecs.filter(\.isAvailable).map(\.name).joined(separator: ", ")
        let missing = codecs.filter { !$0.isAvailable }.map(\.name).joined(separator: ", ")
        return missing.isEmpty ? there : "\(there); not \(missing)"
    }
}
