import ArgumentParser
import Core
import Engine
import Jobs
import SystemPackage
import Testing

@testable import CLI

@Suite("What the arguments mean")
struct CommandsTests {
    private func compress(_ arguments: [String]) throws -> CompressCommand {
        try #require(try Session.parse(arguments) as? CompressCommand)
    }

    @Test("an input and a size are enough, and the rest has defaults")
    func defaults() throws {
        let command = try compress(["clip.mov", "--to", "8MB"])
        let request = try command.request()
        #expect(request == Request(input: "clip.mov", target: ByteSize(bytes: 8_000_000)))
        #expect(request.destination == "clip-8MB.mp4")
        #expect(try command.limits() == Compressor.Limits())
        #expect(!command.quiet && !command.wish.json)
    }

    @Test("every option reaches the request")
    func everything() throws {
        let command = try compress([
            "--to", "7.5MiB", "a.mkv", "-o", "b.mp4", "--max-height", "1080p", "--speed", "best",
            "--fps", "29.97", "--audio", "96", "--force", "--json", "--quiet", "--memory", "0",
            "--disk", "1GB",
        ])
        #expect(
            try command.request()
                == Request(
                    input: "a.mkv",
                    output: "b.mp4",
                    target: ByteSize(bytes: 7_864_320),
                    heightCap: .lines(1080),
                    frameRateCap: .perSecond(Rational(30_000, 1001)),
                    speed: .best,
                    audio: .bitsPerSecond(96_000),
                    overwrites: true
                )
        )
        #expect(
            try command.limits()
                == Compressor.Limits(memoryBytes: 0, diskBytes: 1_000_000_000)
        )
        #expect(command.quiet && command.wish.json)
    }

    @Test(
        "sizes are read as people write them",
        arguments: [
            ("8MB", 8_000_000), ("8 mb", 8_000_000), ("900k", 900_000), ("1GiB", 1 << 30),
            ("123456", 123_456),
        ]
    )
    func sizes(text: String, bytes: Int) throws {
        #expect(try compress(["a.mp4", "--to", text]).request().target?.bytes == bytes)
    }

    @Test(
        "heights are lines, or the source's own",
        arguments: [
            ("720", HeightCap.lines(720)), ("1080p", .lines(1080)), ("480P", .lines(480)),
            ("source", .source), ("auto", .automatic),
        ]
    )
    func heights(text: String, cap: HeightCap) throws {
        #expect(try compress(["a.mp4", "--max-height", text]).request().heightCap == cap)
    }

    @Test(
        "sound is a word or kilobits",
        arguments: [
            ("auto", AudioWish.automatic), ("copy", .copy), ("none", .none),
            ("96", .bitsPerSecond(96_000)), ("128k", .bitsPerSecond(128_000)),
        ]
    )
    func sounds(text: String, wish: AudioWish) throws {
        #expect(try compress(["a.mp4", "--audio", text]).request().audio == wish)
    }

    @Test(
        "a value that makes no sense is named, with what would",
        arguments: [
            ["--to", "0"], ["--to", "-5MB"], ["--to", "8XB"], ["--to", "much"], ["--to", "9e9GB"],
            ["--to", "99999999TB"], ["--to", ""], ["--to", "--json"], ["--max-height", "tall"],
            ["--max-height", "0"], ["--fps", "0"], ["--fps", "many"], ["--fps", "1000"],
            ["--max-height", "99999"], ["--audio", "loud"],
            ["--audio", "7"], ["--speed", "warp"], ["--memory", "-1"], ["--disk", "big"],
            ["--max-pixels", "0"], ["--max-frames", "-1"], ["--max-streams", "1.5"],
            ["--max-stall", "99999"], ["--max-memory", "0"],
            ["--max-frames", "99999999999999999999G"],
            ["--max-pixels", "G"], ["--max-stall", "--json"],
        ]
    )
    func badValues(option: [String]) throws {
        let command = try compress(["a.mp4"] + option)
        let failure = try #require(throws: Failure.self) {
            _ = try command.request()
            _ = try command.limits()
        }
        #expect(failure.kind == .usage)
        #expect(failure.what.contains(option[0]))
        #expect(failure.advice.hasPrefix("Write "))
    }

    @Test("limits are whole numbers, with k, M and G for the large ones")
    func limits() throws {
        let command = try compress([
            "a.mp4", "--max-pixels", "100M", "--max-frames", "1G", "--max-streams", "12",
            "--max-memory", "2GB", "--max-stall", "5",
        ])
        #expect(
            try command.limits().input
                == InputLimits(
                    pixelsPerFrame: 100_000_000,
                    frames: 1_000_000_000,
                    streams: 12,
                    memoryBytes: 2_000_000_000,
                    waitSeconds: 5
                )
        )
        let probe = try #require(
            try Session.parse(["probe", "a.mp4", "--max-streams", "7"]) as? ProbeCommand
        )
        #expect(try probe.limit.limits() == InputLimits(streams: 7))
    }

    @Test("a size that cannot be read is answered in the size's own words")
    func sizeWords() {
        let failure = #expect(throws: Failure.self) {
            try Reading.size("8XB", option: "--to")
        }
        #expect(
            failure
                == Failure(
                    .usage,
                    "Cannot read the size after --to",
                    why: "'xb' is not a unit of size",
                    advice: "Write 8MB, 7.5MiB, 900k or 8000000."
                )
        )
    }

    @Test("a name that begins with a dash works after -- and as ./-name")
    func dashes() throws {
        #expect(try compress(["--", "-video.mp4"]).request().input == "-video.mp4")
        #expect(
            try compress(["--to", "1MB", "--", "-video.mp4"]).request().target?.bytes
                == 1_000_000
        )
        #expect(try compress(["./-video.mp4"]).request().input == "./-video.mp4")
    }

    @Test("the subcommands are found, and a file of such a name by its path")
    func subcommands() throws {
        let plan = try #require(
            try Session.parse(["plan", "a.mp4", "--to", "1MB"]) as? PlanCommand
        )
        #expect(try plan.wish.request().target?.bytes == 1_000_000)
        #expect((try Session.parse(["probe", "a.mp4"]) as? ProbeCommand)?.input == "a.mp4")
        #expect((try Session.parse(["doctor", "--json"]) as? DoctorCommand)?.json == true)
        #expect(try compress(["./plan"]).request().input == "./plan")
    }

    @Test("a missing or an empty input is a usage error")
    func missingInput() throws {
        let none = try compress(["--to", "1MB"])
        #expect(throws: Failure.self) { try none.request() }
        let empty = try compress([""])
        let failure = try #require(throws: Failure.self) { try empty.request() }
        #expect(failure.kind == .usage)
    }
}
