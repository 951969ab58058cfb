import Core
import Engine
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Where frames wait for pass 2 is a matter of room and never of the result.
@Suite(.timeLimit(.minutes(10))) struct KeepingTests {
    struct Place: Sendable {
        var memory: Int
        var disk: Int
        var expected: FrameKeeping.Place
    }

    static let places = [
        Place(memory: 1 << 30, disk: 0, expected: .memory),
        Place(memory: 0, disk: 1 << 30, expected: .memoryAndFile),
        Place(memory: 2_000_000, disk: 1 << 30, expected: .memoryAndFile),
        Place(memory: 0, disk: 0, expected: .decodeAgain),
    ]

    @Test("memory, a file and decoding again all land on the limit")
    func parity() async throws {
        var run = try Run(
            Clip(width: 640, height: 416, rate: Rational(30_000, 1001), frames: 90),
            tone: Tone(seconds: 3)
        )
        var outputs: [Int] = []
        for place in Self.places {
            run.limits = Compressor.Limits(memoryBytes: place.memory, diskBytes: place.disk)
            let log = EventLog()
            let report = try await run.perform(run.request(to: 150_000, overwrites: true)) {
                log.add($0)
            }
            #expect(report.keeping?.place == place.expected)
            #expect((report.keptFrameBytes == 0) == (place.expected == .decodeAgain))
            let told = log.all.compactMap { event in
                if case .keepingFrames(let keeping) = event { keeping.place } else { nil }
            }
            #expect(told == [place.expected])
            outputs.append(run.output.byteCount)
        }
        // Frames are compared, bit for bit and place by place, in FrameStoreTests; x264's pass 1
        // itself differs a little from run to run, so whole files are compared by their size.
        #expect(outputs.allSatisfy { (145_000...150_000).contains($0) }, "\(outputs)")
        #expect(run.folder.names == run.namesAfterSuccess)
    }

    @Test(
        "frames that have no room raw are kept in coded form, or decoded again where even that has none",
        arguments: [
            (Scene.moving, 75, FrameKeeping.Place.coded), (.noise, 30, .decodeAgain),
        ]
    )
    func coded(_ scene: Scene, percent: Int, _ place: FrameKeeping.Place) async throws {
        var run = try Run(Clip(scene, width: 640, height: 360, frames: 60), tone: Tone(seconds: 2))
        let size = PixelSize(width: 640, height: 360).fitted(shortSide: 90)
        // That noise needs more than most pictures do shows while it is coded.
        let disk = size.pixels * 3 / 2 * 60 * percent / 100
        run.limits = Compressor.Limits(memoryBytes: 0, diskBytes: disk)
        let log = EventLog()
        let request = run.request(to: 30_000, heightCap: .exactly(90))
        let report = try await run.perform(request) { log.add($0) }
        let told = log.all.compactMap { event in
            if case .keepingFrames(let keeping) = event { keeping.place } else { nil }
        }
        #expect(told == [.coded])
        #expect(report.keeping?.place == place)
        #expect(report.keptFrameBytes <= disk)
        #expect((report.keptFrameBytes == 0) == (place == .decodeAgain))
        #expect(report.frames == 60)
        #expect((28_000...30_000).contains(run.output.byteCount), "\(run.output.byteCount)")
        #expect(run.folder.names == run.namesAfterSuccess)
    }

    @Test("a real clip lands the same, kept or decoded again")
    func realClip() async throws {
        var run = try Run(fixture: "variable-rate-518x488.mp4")
        var outputs: [Int] = []
        for memory in [1 << 30, 0] {
            run.limits = Compressor.Limits(memoryBytes: memory, diskBytes: 0)
            _ = try await run.perform(run.request(to: 150_000, overwrites: true))
            outputs.append(run.output.byteCount)
        }
        #expect(outputs.allSatisfy { (145_000...150_000).contains($0) }, "\(outputs)")
    }
}
