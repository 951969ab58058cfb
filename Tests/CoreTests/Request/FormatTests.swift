import Core
import SystemPackage
import Testing

/// What is made of an input, and what it is called.
@Suite struct FormatTests {
    @Test(
        "without -o the extension follows from what the input is, not from its name",
        arguments: [
            (Material.Kind.video, "/v/song.mp3", "/v/song-2MB.mp4"),
            (.sound, "/v/song.mov", "/v/song-2MB.m4a"),
            (.still, "/v/photo.mov", "/v/photo-2MB.jpg"),
        ]
    )
    func names(_ kind: Material.Kind, _ input: String, _ output: String) throws {
        let request = Request(input: FilePath(input), target: ByteSize(bytes: 2_000_000))
        let settled = try request.settled(for: kind)
        #expect(settled.destination.string == output)
        #expect(settled.output?.string == output)
        #expect(settled.format == .usual(for: kind))
        #expect(request.destinations.contains(settled.destination))
    }

    @Test("options that say nothing of what is made are named, and no others")
    func idle() throws {
        func idle(_ kind: Material.Kind, _ change: (inout Request) -> Void) throws -> String? {
            var request = Request(input: "/v/in")
            change(&request)
            return try request.settled(for: kind).idleOptions
        }
        func all(_ request: inout Request) {
            request.heightCap = .lines(720)
            request.frameRateCap = .perSecond(Rational(30, 1))
            request.audio = .none
            request.audioTrack = .keep
        }
        #expect(try idle(.sound, all) == "--max-height and --fps mean nothing for M4A")
        #expect(
            try idle(.still, all) == "--fps, --audio and --audio-track mean nothing for JPEG"
        )
        #expect(try idle(.sound) { $0.heightCap = .source } == "--max-height means nothing for M4A")
        #expect(try idle(.video, all) == nil)
        #expect(try idle(.sound) { $0.audio = .bitsPerSecond(64_000) } == nil)
    }

    @Test(
        "--format and an output's extension choose",
        arguments: [
            (Material.Kind.video, Format?.some(.m4a), String?.none, Format.m4a),
            (.video, nil, "out.m4a", .m4a), (.video, nil, "OUT.M4V", .mp4),
            (.sound, .m4a, nil, .m4a), (.sound, nil, "out", .m4a),
            (.still, .webp, nil, .webp), (.still, nil, "out.WEBP", .webp),
            (.still, nil, "out.jpeg", .jpeg), (.still, .jpeg, "out.jpg", .jpeg),
        ]
    )
    func chooses(
        _ kind: Material.Kind,
        _ format: Format?,
        _ output: String?,
        _ expected: Format
    ) throws {
        let request = Request(input: "/v/in", output: output.map { FilePath($0) }, format: format)
        let settled = try request.settled(for: kind)
        #expect(settled.format == expected)
        if let output { #expect(settled.destination.string == output) }
        if output == nil {
            #expect(settled.destination.extension == expected.fileExtension)
        }
    }

    @Test(
        "what cannot be made of an input is a mistake of the call, with what could be",
        arguments: [
            (Material.Kind.video, Format?.some(.jpeg), String?.none, "mp4"),
            (.video, nil, "out.mkv", ".mp4"), (.video, .mp4, "out.m4a", "--format"),
            (.sound, .mp4, nil, "m4a"), (.sound, nil, "out.mp4", "m4a"),
            (.sound, nil, "out.mp3", ".m4a"), (.still, .m4a, nil, "webp"),
            (.still, nil, "out.png", ".jpg"),
        ]
    )
    func refuses(_ kind: Material.Kind, _ format: Format?, _ output: String?, _ advice: String) {
        let request = Request(input: "/v/in", output: output.map { FilePath($0) }, format: format)
        let failure = #expect(throws: Failure.self) { try request.settled(for: kind) }
        #expect(failure?.kind == .usage)
        #expect(failure?.advice.contains(advice) == true, "\(failure?.description ?? "")")
    }

    @Test(
        "a format is read by its name",
        arguments: [
            ("mp4", Format.mp4), ("M4A", .m4a), ("jpeg", .jpeg), ("jpg", .jpeg), ("WebP", .webp),
        ]
    )
    func reads(_ text: String, _ format: Format) {
        #expect(Format(parsing: text) == format)
        #expect(Format(fileExtension: format.fileExtension) == format)
    }

    @Test("what is no format is not read", arguments: ["", "mkv", "mp3", "png", ".mp4", "mp4 "])
    func refusesText(_ text: String) {
        #expect(Format(parsing: text) == nil)
    }
}

/// What a file's name says that its content is not.
@Suite struct MisnomerTests {
    private func sound(_ path: String, _ container: String) -> Material {
        .sound(
            SoundSource(path: path, bytes: 1, container: container, durationSeconds: 1, audio: [])
        )
    }

    private func still(_ path: String, _ container: String) -> Material {
        .still(
            StillSource(
                path: path,
                bytes: 1,
                container: container,
                codec: "mjpeg",
                codedSize: PixelSize(width: 1, height: 1)
            )
        )
    }

    private func video(_ path: String, _ container: String) -> Material {
        var source = phoneClip()
        source.path = path
        source.container = container
        return .video(source)
    }

    @Test("a wrong extension is told, with what the file is")
    func wrong() {
        #expect(
            still("/a/b.mov", "jpeg_pipe").misnomer == "named .mov, but is a JPEG picture"
        )
        #expect(sound("b.mp4", "mp3").misnomer == "named .mp4, but is MP3 sound")
        #expect(
            video("b.JPG", "mov,mp4,m4a,3gp,3g2,mj2").misnomer
                == "named .jpg, but is an MP4 video"
        )
        #expect(
            sound("b.mp4", "mov,mp4,m4a,3gp,3g2,mj2").misnomer
                == "named .mp4, but there is sound alone in it"
        )
        #expect(
            video("b.m4a", "mov,mp4,m4a,3gp,3g2,mj2").misnomer == "named .m4a, but is a video"
        )
    }

    @Test("a right extension, an unknown one and none are no matter")
    func right() {
        let cases = [
            video("b.mp4", "mov,mp4,m4a,3gp,3g2,mj2"), video("b.mov", "mov,mp4,m4a,3gp,3g2,mj2"),
            video("b.WEBM", "matroska,webm"), video("b.gif", "gif"), still("b.gif", "gif"),
            still("b.jpeg", "jpeg_pipe"), sound("b.opus", "ogg"), video("b.ogg", "ogg"),
            sound("b.m4a", "mov,mp4,m4a,3gp,3g2,mj2"), sound("b.tmp", "mp3"), sound("b", "mp3"),
            sound("a.mov/b", "mp3"), video("b.y4m", "yuv4mpegpipe"),
        ]
        for material in cases { #expect(material.misnomer == nil, "\(material.path)") }
    }
}
