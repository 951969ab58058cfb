import Core
import Engine
import Foundation
import Synchronization
import SystemPackage

/// The world behind a lock, the clock, and the work that goes on between requests.
final class Service: Sendable {
    let options: SimulatorOptions
    let clock: SimulatedClock
    let folder: FilePath
    private let world: Locked<World>
    private let jobs = Locked<[Task<Void, Never>]>([])

    init(_ options: SimulatorOptions, folder: FilePath) {
        (self.options, self.folder) = (options, folder)
        clock = SimulatedClock(speed: options.speed)
        world = Locked(World(options))
    }

    /// Looks at the world, or changes it, in one step.
    func with<Value: Sendable, Failure: Error>(
        _ body: @Sendable (inout World) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try world.withLock { (world: inout World) throws(Failure) -> Value in try body(&world) }
    }

    /// Makes a file, which must not be there, with these bytes.
    static func write(_ bytes: Data, to path: FilePath) throws {
        let file = try FileDescriptor.open(
            path,
            .writeOnly,
            options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
            permissions: .ownerReadWrite
        )
        _ = try file.closeAfter { try file.writeAll(bytes) }
    }

    /// A new name for a file in the service's folder.
    func newFile(_ suffix: String) -> FilePath {
        let number = with { $0.next() }
        return folder.appending("\(number)\(suffix)")
    }

    /// Stops the renders that are being made.
    func stop() async {
        let running = jobs.withLock { jobs in
            let all = jobs
            jobs = []
            return all
        }
        for job in running { job.cancel() }
        for job in running { await job.value }
    }

    /// Makes the file of a render, beside the requests.
    func start(_ job: World.Job) {
        let task = Task {
            let file = await make(job)
            with { $0.finish(job.renderID, file, date: clock.unixSeconds) }
        }
        jobs.withLock { $0.append(task) }
    }

    @concurrent
    private func make(_ job: World.Job) async -> World.File {
        let path = newFile("-render.mp4")
        do {
            switch job.product {
            case .bytes(let bytes):
                try Self.write(Data(bytes), to: path)
                return .made(path, bytes: bytes.count)
            case .file(let made): return .made(made, bytes: Self.byteCount(made))
            case .transcoded:
                guard let source = try job.source ?? generated(job) else {
                    return .failed("the source of the draft cannot be read")
                }
                let report = try await Compressor().run(
                    Request(
                        input: source,
                        output: path,
                        target: job.target,
                        heightCap: .lines(job.lines),
                        speed: .fast,
                        overwrites: true
                    )
                ) { _ in }
                _ = report
                return .made(path, bytes: Self.byteCount(path))
            }
        } catch let failure as Failure {
            return .failed(failure.what)
        } catch {
            return .failed("render failed")
        }
    }

    /// A clip for what an agent would have generated: a picture whose colour slowly turns.
    private func generated(_ job: World.Job) throws -> FilePath? {
        guard let seconds = job.generatedSeconds else { return nil }
        let path = newFile("-generated.y4m")
        let (width, height, rate) = (640, 360, 25)
        var file = Data("YUV4MPEG2 W\(width) H\(height) F\(rate):1 Ip A1:1 C420jpeg\n".utf8)
        for frame in 0..<max(1, Int(seconds * Double(rate))) {
            file += Data("FRAME\n".utf8)
            file += Data(repeating: UInt8(80 + frame % 96), count: width * height)
            file += Data(repeating: UInt8(frame % 256), count: width * height / 4)
            file += Data(repeating: UInt8(255 - frame % 256), count: width * height / 4)
        }
        try Self.write(file, to: path)
        return path
    }

    static func byteCount(_ path: FilePath) -> Int {
        (try? path.stat()).map { Int($0.size) } ?? 0
    }
}
