import Core
import Foundation
import Simulator
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// The other half of `scripts/upload-check`: large uploads through a session, to the simulated service.
///
/// Runs in a process of its own, after `UploadCheckTests`. Client and simulated service share that
/// process, so the memory that is measured is that of both together.
@Suite(.enabled(if: UploadTrial.sessionCount != nil))
struct UploadCheckSessionTests {
    /// How an upload goes wrong, in turn; where it is cut is drawn by lot.
    private enum Mishap: CaseIterable {
        case none
        case cut
        case answerLost
        case cutTwice
        case cutThenAnswerLost
        case cutThrice

        /// What happens to one attempt after the other; what comes after them goes well.
        func attempts(_ dice: inout Dice) -> [Behaviour] {
            switch self {
            case .none: []
            case .cut: [Self.cut(&dice)]
            case .answerLost: [.close().afterWork]
            case .cutTwice: [Self.cut(&dice), Self.cut(&dice)]
            case .cutThenAnswerLost: [Self.cut(&dice), .close(resetting: true).afterWork]
            case .cutThrice: [Self.cut(&dice), Self.cut(&dice), Self.cut(&dice)]
            }
        }

        /// How often the file may be sent.
        var sends: Int {
            switch self {
            case .none, .answerLost: 1
            case .cut, .cutThenAnswerLost: 2
            case .cutTwice, .cutThrice: 3
            }
        }

        private static func cut(_ dice: inout Dice) -> Behaviour {
            let part = Double.random(in: 0..<0.999, using: &dice)
            return .normal.reading(.cut(at: part, resetting: Bool.random(using: &dice)))
        }
    }

    @Test("a file of 480 MB is in the session once, whatever went wrong, and nothing else stays")
    func session() async throws {
        let count = try #require(UploadTrial.sessionCount)
        // Everything is loaded and has gone wrong once.
        _ = try await trial(byteCount: 3_000_000, count: Mishap.allCases.count) {}
        let descriptors = UploadTrial.descriptorCount
        let temporary = UploadTrial.temporaryNames
        let memory = UploadTrial.residentBytes
        let most = Locked(0)
        let start = ContinuousClock.now

        let sent = try await trial(byteCount: 480_000_000, count: count) {
            most.withLock { $0 = max($0, UploadTrial.residentBytes) }
        }

        // A timer and an event of the runtime may come late and stay, however many uploads there
        // are; what uploads leave would be one for each.
        try await eventually { UploadTrial.descriptorCount <= descriptors + 2 }
        let stayed = UploadTrial.descriptorCount - descriptors
        #expect(UploadTrial.temporaryNames == temporary)
        let growth = most.withLock { $0 } - memory
        #expect(most.withLock { $0 } > 0)
        #expect(growth <= 40_000_000)
        UploadTrial.say(
            "\(count) uploads into one session, \(sent / 1_000_000) MB sent in "
                + "\(ContinuousClock.now - start); memory of client and service together grew by "
                + "\(Double(growth / 100_000) / 10) MB, descriptors by \(stayed)"
        )
    }

    /// Uploads into a session of a service of its own, and returns how many bytes that took.
    private func trial(
        byteCount: Int64,
        count: Int,
        look: @escaping @Sendable () -> Void
    ) async throws -> Int {
        let (files, service) = (try Folder(), try Folder())
        let file = try UploadTrial.file(in: files, byteCount: byteCount)
        let sent = Locked(0)
        try await Scene.with {
            $0.folder = service.path
        } _: { scene in
            try await upload(file, count, scene, service.path, look: look)
            #expect(files.names == ["clip.mp4"])
            let uploads = scene.simulator.requests.filter { $0.endpoint == .upload }
            sent.withLock { $0 = uploads.reduce(0) { $0 + $1.bodyBytes } }
        }
        return sent.withLock { $0 }
    }

    /// Uploads a file of the same name again and again, which is in the session once more each time.
    private func upload(
        _ file: UploadFile,
        _ count: Int,
        _ scene: Scene,
        _ media: FilePath,
        look: @escaping @Sendable () -> Void
    ) async throws {
        let client = try scene.client()
        var dice = Dice(seed: UInt64(count))
        var there = 0
        for number in 0..<count {
            let mishap = Mishap.allCases[number % Mishap.allCases.count]
            let attempts = mishap.attempts(&dice)
            scene.play { $0[.upload] = attempts }
            // Other bytes in the place of the same length: these may be sent, the last ones not.
            try mark(file, number)
            let before = scene.count(.upload)
            // Looked at from outside while it goes on; the client's own words come too seldom.
            let looking = Task {
                while !Task.isCancelled {
                    look()
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            let error = await scene.error { _ = try await client.upload([file.path]) }
            looking.cancel()
            _ = await looking.result

            let why: Comment = "upload \(number), \(mishap)"
            #expect(scene.count(.upload) - before == mishap.sends, why)
            if mishap == .cutThrice {
                #expect(error?.failure.kind == .unavailable, why)
            } else {
                #expect(error == nil, why)
                there += 1
                let last = scene.simulator.requests.last { $0.endpoint == .upload }
                #expect(last?.parts.map(\.bytes) == [Int(file.byteCount)], why)
            }
            #expect(try await client.state().videoInfos.count == there, why)
            #expect(client.session?.uploads.count == there, why)
            #expect(scene.simulator.violations == [], why)
            // What the service was sent is not looked at any more.
            for name in try FileManager.default.contentsOfDirectory(atPath: media.string) {
                try FileManager.default.removeItem(atPath: media.appending(name).string)
            }
        }
    }

    private func mark(_ file: UploadFile, _ number: Int) throws {
        let descriptor = try FileDescriptor.open(file.path, .writeOnly)
        defer { try? descriptor.close() }
        try descriptor.seek(offset: file.byteCount / 2, from: .start)
        try descriptor.writeAll(Array("upload \(number)".utf8))
        try file.path.makeOld()
    }
}
