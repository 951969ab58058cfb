import Cloud
package import Core
import Engine
import Foundation
import Synchronization
package import SystemPackage

/// A file that was asked of the cloud, as it is now on this disk.
package struct Delivered: Sendable {
    package enum Maker: String, Sendable, Encodable {
        case cloud
        /// Made here from the file that was uploaded.
        case hereFromOriginal
        /// Made here from what the cloud had made.
        case hereFromResult
    }

    /// Why the cloud's file was put right.
    package enum Reason: Sendable, Equatable {
        /// It cannot be used; the detail may be empty.
        case unusable(String)
        case tooLarge(bytes: Int, wish: Int)
    }

    package var path: FilePath
    package var source: Source
    package var wish: ByteSize?
    package var maker = Maker.cloud
    /// What the cloud's file weighed; nil where that could not be used at all.
    package var cloudBytes: Int?
    /// Why the cloud's file was not good enough; nil where it was.
    package var reason: Reason?
    package var elapsedSeconds = 0.0
}

/// Gets a session's result into a file that is what was asked for.
///
/// Nothing promises a size (§9.2): the file is decoded to its end and measured. One that is larger
/// than was wished for, or that is no video, is put right on this machine, and it is said so.
package struct Delivery: Sendable {
    let session: CloudSession
    let events: @Sendable (JobEvent) -> Void
    var destination: FilePath
    var overwrites = false
    /// The lines that were asked for.
    var height: Int?
    /// The size that was asked for.
    var wish: ByteSize?
    /// The file that a local run could make the same from.
    var original: LocalFile?
    /// All that was asked for, where the call said more than a size and lines.
    var whole: Request?
    /// Files that went in, which are never written to.
    var inputs: [LocalFile] = []
    /// Runs on this machine, and tells of it.
    let compress: @Sendable (Request) async throws(Failure) -> Report
    /// Told how the service's part failed, before that is put right here or told.
    var onTrouble: @Sendable (CloudError) -> Void = { _ in }

    /// Renders the session and delivers.
    package func run() async throws(Failure) -> Delivered {
        try checkInputs()
        let delivered = try await deliver { verify async throws(CloudError) in
            try await session.export(
                to: destination,
                overwrites: overwrites,
                height: height,
                wishedBytes: wish?.bytes,
                original: original,
                verify: verify
            )
        }
        guard let delivered else { throw CloudError(.defect, .rendering).failure }
        return delivered
    }

    /// Delivers what an earlier run had rendered; nil where another run of the program has done so.
    func resume(_ job: JobRecord) async throws(Failure) -> Delivered? {
        try await deliver { verify async throws(CloudError) in
            try await session.resume(
                job,
                to: destination,
                overwrites: overwrites,
                verify: verify
            )
        }
    }

    /// The original while it is as it was.
    private var faithful: FilePath? {
        original.flatMap { $0.isUnchanged ? FilePath($0.path) : nil }
    }

    /// The input is never written to, not even with --force.
    private func checkInputs() throws(Failure) {
        guard inputs.contains(where: { InputFile.areSame(FilePath($0.path), destination) })
        else { return }
        throw Failure(
            .output,
            "The output would be the input itself, \(destination.string)",
            why: "the input is never written to",
            advice: "Name another output with -o."
        )
    }

    private typealias Verify = @Sendable (FilePath) async throws -> Void

    private func deliver(
        _ fetch: (@escaping Verify) async throws(CloudError) -> Exported?
    ) async throws(Failure) -> Delivered? {
        let start = ContinuousClock.now
        let found = Locked<Source?>(nil)
        let events = events
        var delivered: Delivered
        do throws(CloudError) {
            let exported = try await fetch { path in
                events(.checking)
                let source = try await Self.inspected(path)
                found.withLock { $0 = source }
            }
            events(.activityEnded)
            guard let exported else { return nil }
            guard var source = found.withLock({ $0 }) else {
                throw CloudError(.defect, .downloading)
            }
            source.path = destination.string
            delivered = Delivered(path: destination, source: source, wish: wish)
            delivered.cloudBytes = Int(exported.byteCount)
        } catch {
            events(.activityEnded)
            onTrouble(error)
            guard error.kind == .resultUnusable, let original = faithful else {
                throw error.failure
            }
            delivered = try await remade(from: original, because: error)
        }
        if let wish, let bytes = delivered.cloudBytes, bytes > wish.bytes {
            delivered = try await fitted(delivered, bytes: bytes, to: wish)
        }
        delivered.elapsedSeconds = start.duration(to: .now).inSeconds
        return delivered
    }

    /// Why a file cannot be used, without the hidden name that it has for the moment.
    private struct Unusable: Error, CustomStringConvertible {
        var description: String
    }

    private static func inspected(_ path: FilePath) async throws -> Source {
        do throws(Failure) {
            return try await Compressor().inspect(path)
        } catch {
            if error.kind == .interrupted { throw CancellationError() }
            throw Unusable(
                description: error.why.isEmpty ? "it is not a video that can be played" : error.why
            )
        }
    }

    // MARK: Putting it right here

    /// The cloud's file is no use: made from the original.
    private func remade(
        from original: FilePath,
        because error: CloudError
    ) async throws(Failure) -> Delivered {
        let reason = Delivered.Reason.unusable(error.detail)
        events(.remade(reason, from: Self.name(original)))
        _ = try await compress(request(of: original, to: destination, overwrites: overwrites))
        var delivered = Delivered(path: destination, source: try await source, wish: wish)
        (delivered.maker, delivered.reason) = (.hereFromOriginal, reason)
        return delivered
    }

    /// The cloud's file is too large: fitted in two passes, from the original where that shows the
    /// same, because every encode costs something.
    private func fitted(
        _ delivered: Delivered,
        bytes: Int,
        to wish: ByteSize
    ) async throws(Failure) -> Delivered {
        let reason = Delivered.Reason.tooLarge(bytes: bytes, wish: wish.bytes)
        let input = await faithfulOriginal(delivered)
        events(.fitted(reason, from: input.map(Self.name)))
        var result = delivered
        (result.reason, result.maker) = (reason, input == nil ? .hereFromResult : .hereFromOriginal)
        do throws(Failure) {
            do throws(Failure) {
                try await fit(input ?? destination, to: wish)
            } catch {
                // One that this machine cannot read after all; what the cloud made of it, it can.
                guard input != nil, [.unreadable, .unavailable].contains(error.kind) else {
                    throw error
                }
                events(.fitted(reason, from: nil))
                result.maker = .hereFromResult
                try await fit(destination, to: wish)
            }
        } catch {
            if error.kind == .interrupted { throw error }
            throw Failure(
                error.kind,
                "\(destination.string) has \(ByteSize.grouped(bytes)) bytes, more than the "
                    + "\(ByteSize.askedText(wish.bytes)) you asked for",
                why: "it could not be made smaller here: \(Self.lowered(error.what))"
                    + (error.why.isEmpty ? "" : ": \(error.why)"),
                advice: "The cloud's file stays where it is.\n\(error.advice)",
                smallestBytes: error.smallestBytes
            )
        }
        result.source = try await source
        return result
    }

    /// Writes beside the destination and puts it over it when it is whole: until then the cloud's
    /// file is there.
    private func fit(_ input: FilePath, to wish: ByteSize) async throws(Failure) {
        guard input == destination else {
            _ = try await compress(request(of: input, to: destination, overwrites: true))
            return
        }
        let unplaced = { (error: Errno) in
            Failure(
                .output,
                "Cannot put the result at \(destination.string)",
                why: error.description.lowercased(),
                advice: "Name another place with -o."
            )
        }
        let workshop: TemporaryFolder
        do throws(Errno) {
            workshop = try TemporaryFolder(
                in: destination.removingLastComponent(),
                prefix: ".cinch-fit-"
            )
        } catch { throw unplaced(error) }
        defer { workshop.remove() }
        let name = "result.mp4"
        _ = try await compress(
            request(of: input, to: workshop.path.appending(name), overwrites: true)
        )
        do throws(Errno) {
            try workshop.folder.move(name, to: destination)
        } catch { throw unplaced(error) }
    }

    /// What is asked of this machine: all that was asked for, and the size above all.
    private func request(
        of input: FilePath,
        to output: FilePath,
        overwrites: Bool
    ) -> Request {
        var request =
            whole
            ?? Request(input: input, heightCap: height.map { .lines($0) } ?? .automatic)
        (request.input, request.output, request.target) = (input, output, wish)
        request.overwrites = overwrites
        return request
    }

    private var source: Source {
        get async throws(Failure) { try await Compressor().probeVideo(destination) }
    }

    /// The original, if it plays as long as the cloud's file: otherwise something was cut after all.
    private func faithfulOriginal(_ delivered: Delivered) async -> FilePath? {
        guard let original = faithful,
            let source = try? await Compressor().probeVideo(original)
        else { return nil }
        let seconds = source.durationSeconds
        let isSame = abs(seconds - delivered.source.durationSeconds) <= max(0.3, seconds / 50)
        return isSame ? original : nil
    }

    private static func name(_ path: FilePath) -> String {
        path.lastComponent?.string ?? path.string
    }

    private static func lowered(_ text: String) -> String {
        text.prefix(1).lowercased() + text.dropFirst()
    }
}
