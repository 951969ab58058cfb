import Core
import Engine
import Foundation
import SystemPackage
import TestSupport
import Testing

/// What a phone writes about its owner, and what is left of it.
@Suite(
    .enabled(if: FFmpeg.isInstalled),
    .timeLimit(.minutes(10))
) struct MetadataTests {
    /// A clip with everything that a phone writes into one, in its own names.
    static func phoneRun(seconds: Double = 3) throws -> Run {
        let run = try Run(
            Clip(width: 320, height: 180, frames: Int(seconds * 25)),
            quality: 8,
            tone: Tone(seconds: seconds)
        )
        let words = run.folder.file("words.txt")
        try words.write(Data(Self.words.utf8))
        let plain = run.folder.file("plain.mp4")
        try plain.write(try run.input.contents())
        try FFmpeg.run([
            "-i", plain.string, "-f", "ffmetadata", "-i", words.string, "-map", "0",
            "-map_metadata", "1", "-map_chapters", "1", "-c", "copy", "-movflags",
            "use_metadata_tags", run.input.string,
        ])
        for file in [words, plain] { try FileManager.default.removeItem(atPath: file.string) }
        return run
    }

    static let words = """
        ;FFMETADATA1
        title=A day out
        creation_time=2023-05-01T10:00:00Z
        location=+37.7749-122.4194/
        com.apple.quicktime.location.ISO6709=+37.7749-122.4194+010.0/
        com.apple.quicktime.make=Apfel
        com.apple.quicktime.model=Taschenrechner 13
        com.apple.quicktime.software=15.1.7
        com.apple.quicktime.creationdate=2023-05-01T12:00:00+0200
        com.apple.quicktime.content.identifier=4E0D-BEEF
        artist=Jane Roe
        comment=for grandma
        [CHAPTER]
        TIMEBASE=1/1000
        START=0
        END=1500
        title=The way there
        [CHAPTER]
        TIMEBASE=1/1000
        START=1500
        END=3000
        title=The way back
        """

    static let secrets = [
        "37.77", "Apfel", "Taschenrechner", "15.1.7", "BEEF", "Jane", "grandma",
    ]

    /// Fractions of the input's size: below it is encoded, above it is copied.
    static let targets: [(Double, Plan.Method)] = [(0.5, .fit), (1.2, .remux)]

    @Test(
        "by default title, dates and chapters stay, and nothing says where, with what or by whom",
        arguments: targets
    )
    func keepsPrivate(_ share: Double, _ method: Plan.Method) async throws {
        let run = try Self.phoneRun()
        let target = Int(Double(run.input.byteCount) * share)
        let report = try await run.perform(run.request(to: target))
        #expect(report.method == method)
        #expect(run.output.byteCount <= target)
        let answer = try FFprobe.facts(run.output)
        let tags = try #require(answer.format?.tags)
        #expect(tags["title"] == "A day out")
        #expect(tags["date"] == "2023-05-01T12:00:00+0200")
        #expect(tags["creation_time"]?.hasPrefix("2023-05-01T10:00:00") == true)
        let names = answer.chapters?.map { $0.tags?["title"] }
        #expect(names == ["The way there", "The way back"])
        let start = try #require(answer.chapters?.last?.startTime.flatMap(Double.init))
        #expect(abs(start - 1.5) < 0.01)
        let text = String(decoding: try run.output.contents(), as: Unicode.ASCII.self)
        for secret in Self.secrets { #expect(!text.contains(secret), "\(secret)") }
        let metadata = try #require(report.metadata)
        #expect(metadata.policy == .private)
        #expect(metadata.kept == ["title", "date", "2 chapters"])
        let removed: Set = [
            "location", "device", "software", "identifiers", "people", "descriptions",
        ]
        #expect(Set(metadata.removed) == removed)
        #expect(metadata.removedKeys.contains("com.apple.quicktime.model"))
    }

    @Test("all that an MP4 holds stays where that was asked for", arguments: targets)
    func keepsAll(_ share: Double, _ method: Plan.Method) async throws {
        let run = try Self.phoneRun()
        let target = Int(Double(run.input.byteCount) * share)
        var request = run.request(to: target)
        request.metadata = .keep
        let report = try await run.perform(request)
        #expect(report.method == method)
        #expect(run.output.byteCount <= target)
        let answer = try FFprobe.facts(run.output)
        let tags = try #require(answer.format?.tags)
        #expect(tags["title"] == "A day out")
        #expect(tags["location"] == "+37.7749-122.4194/")
        #expect(tags["com.apple.quicktime.location.ISO6709"] == "+37.7749-122.4194+010.0/")
        #expect(tags["com.apple.quicktime.model"] == "Taschenrechner 13")
        #expect(tags["artist"] == "Jane Roe")
        #expect(answer.chapters?.count == 2)
        #expect(report.metadata?.removed == [])
    }

    @Test("nothing at all stays where that was asked for", arguments: targets)
    func keepsNone(_ share: Double, _ method: Plan.Method) async throws {
        let run = try Self.phoneRun()
        var request = run.request(to: Int(Double(run.input.byteCount) * share))
        request.metadata = .none
        let report = try await run.perform(request)
        #expect(report.method == method)
        let answer = try FFprobe.facts(run.output)
        let own: Set = ["major_brand", "minor_version", "compatible_brands"]
        let names = Set((answer.format?.tags ?? [:]).keys)
        let areOwn = names.isSubset(of: own)
        #expect(areOwn, "\(names)")
        #expect(answer.chapters?.isEmpty != false)
        #expect(report.metadata?.kept == [])
        #expect(report.metadata?.removed.contains("2 chapters") == true)
    }

    @Test("names of tracks go with the rest where nothing was to stay", arguments: targets)
    func trackNames(_ share: Double, _ method: Plan.Method) async throws {
        var run = try SubtitleTests.run("srt", "in.mkv")
        let named = run.folder.file("named.mkv")
        try FFmpeg.run([
            "-i", run.input.string, "-map", "0", "-map", "0:a", "-c", "copy", "-metadata:s:a:0",
            "title=Jane", "-metadata:s:s:0", "title=Jane's words", named.string,
        ])
        run.input = named
        for policy in [Metadata.Policy.private, .none] {
            var request = run.request(
                to: Int(Double(run.input.byteCount) * share),
                overwrites: true
            )
            request.metadata = policy
            request.audioTrack = .keep
            let report = try await run.perform(request)
            #expect(report.method == method)
            let text = String(decoding: try run.output.contents(), as: Unicode.ASCII.self)
            #expect(text.contains("Jane") == (policy == .private))
            #expect(
                (report.metadata?.removed.contains("names of tracks") == true) == (policy == .none)
            )
        }
    }

    @Test("without a size too, the result is never larger and keeps title and chapters")
    func withoutTarget() async throws {
        let run = try Self.phoneRun()
        let report = try await run.perform(run.request())
        #expect(run.output.byteCount <= run.input.byteCount)
        #expect(report.method == .constantQuality)
        let answer = try FFprobe.facts(run.output)
        #expect(answer.format?.tags?["title"] == "A day out")
        #expect(answer.chapters?.count == 2)
    }

    @Test("a file that says nothing about itself has no word of it in its receipt")
    func silent() async throws {
        let run = try Run(Clip(frames: 25))
        let report = try await run.perform(run.request(to: 50_000_000))
        #expect(report.metadata == nil)
    }

    @Test("a cover goes by default, and stays where everything was to stay")
    func cover() async throws {
        let run = try Run(Clip(width: 320, height: 180, frames: 75), quality: 8)
        let picture = run.folder.file("cover.png")
        try FFmpeg.run([
            "-f", "lavfi", "-i", "color=red:s=32x32:d=0.04", "-frames:v", "1", picture.string,
        ])
        let plain = run.folder.file("plain.mp4")
        try plain.write(try run.input.contents())
        try FFmpeg.run([
            "-i", plain.string, "-i", picture.string, "-map", "0", "-map", "1", "-c", "copy",
            "-disposition:v:1", "attached_pic", run.input.string,
        ])
        for policy in [Metadata.Policy.private, .keep] {
            var request = run.request(to: run.input.byteCount / 2, overwrites: true)
            request.metadata = policy
            let report = try await run.perform(request)
            let covers = try #require(try FFprobe.facts(run.output).streams)
                .filter { $0.disposition?["attached_pic"] == 1 }
            #expect(covers.map(\.codecName) == (policy == .keep ? ["png"] : []))
            #expect(report.metadata?.kept == (policy == .keep ? ["cover"] : []))
            #expect(report.metadata?.removed == (policy == .keep ? [] : ["cover"]))
        }
    }
}
