import Core
import Engine
import Foundation
import Synchronization
import SystemPackage
import TestSupport

/// A whole run in a folder of its own: `input` in, `out.mp4` beside it.
struct Run: Sendable {
    let folder: Folder
    var input: FilePath
    var output: FilePath { folder.file("out.mp4") }
    var limits = Compressor.Limits()

    /// With a painted clip as its input.
    init(_ clip: Clip, name: String = "in.mp4", quality: Double = 14, tone: Tone? = nil) throws {
        folder = try Folder()
        input = folder.file(name)
        if name.hasSuffix(".y4m") {
            try clip.writeRaw(to: input)
        } else {
            try clip.write(to: input, quality: quality, tone: tone)
        }
    }

    /// With a copy of a fixture as its input.
    init(fixture name: String) throws {
        folder = try Folder()
        input = folder.file(FilePath(name).lastComponent?.string ?? "in")
        try input.write(try Fixture.path(name).contents())
    }

    /// With an input that somebody else paints.
    init(folder: Folder, name: String, paint: (FilePath) throws -> Void) throws {
        self.folder = folder
        input = folder.file(name)
        try paint(input)
    }

    func request(
        to target: Int? = nil,
        heightCap: HeightCap = .automatic,
        frameRateCap: FrameRateCap = .automatic,
        speed: Speed = .fast,
        audio: AudioWish = .automatic,
        overwrites: Bool = false
    ) -> Request {
        Request(
            input: input,
            output: output,
            target: target.map { ByteSize(bytes: $0) },
            heightCap: heightCap,
            frameRateCap: frameRateCap,
            speed: speed,
            audio: audio,
            overwrites: overwrites
        )
    }

    /// Runs, and checks what holds for every run: the input is as it was, nothing else is left.
    func perform(
        _ request: Request,
        onEvent: @escaping @Sendable (Event) -> Void = { _ in }
    ) async throws -> Report {
        try await Compressor(limits: limits).run(request, events: onEvent)
    }

    /// The names that a finished run leaves.
    var namesAfterSuccess: [String] {
        [input, output].compactMap { $0.lastComponent?.string }.sorted()
    }

    /// The names that a failed run leaves.
    var namesAfterFailure: [String] {
        [input].compactMap { $0.lastComponent?.string }
    }
}

/// What a run told, in order.
final class EventLog: Sendable {
    private let events = Locked<[Event]>([])

    func add(_ event: Event) {
        events.withLock { $0.append(event) }
    }

    var all: [Event] { events.withLock { $0 } }

    var plans: [Plan] {
        all.compactMap { event in
            if case .planned(let plan) = event { plan } else { nil }
        }
    }

    var progress: [Core.Progress] {
        all.compactMap { event in
            if case .progress(let progress) = event { progress } else { nil }
        }
    }

    var attempts: [Attempt] {
        all.compactMap { event in
            if case .attempted(let attempt) = event { attempt } else { nil }
        }
    }
}
