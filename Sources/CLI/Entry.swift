import Core
import Engine
import SystemPackage

@main struct M {
    static func main() async throws {
        let a = CommandLine.arguments
        let r = Request(input: FilePath(a[1]), output: FilePath(a[3]), target: try ByteSize(parsing: a[2]), overwrites: true)
        do {
            let report = try await Compressor().run(r) { e in
                switch e { case .attempted(let t): print(" ", t.mode, t.videoBitsPerSecond ?? 0, t.bytes ?? -1, t.averageQuantizer ?? 0, t.isAccepted, t.reason) 
                case .noted(let n): print(n)
                default: break }
            }
            print(a[1].split(separator: "/").last!, a[2], report.width, report.height, "fill", report.fill, "ssim", report.ssim ?? 0, "s", report.elapsedSeconds, "cont", report.containerBytes, report.stoppedAtQualityCeiling, report.frames)
        } catch { print(error) }
    }
}
