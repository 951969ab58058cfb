import Core
import Engine
import SystemPackage

@main struct M {
    static func main() async throws {
        let a = CommandLine.arguments
        let r = Request(input: FilePath(a[1]), output: FilePath(a[3]), target: try ByteSize(parsing: a[2]), overwrites: true)
        do {
            let report = try await Compressor().run(r) { e in
                if case .progress = e { return }
                print(e)
            }
            print(report)
        } catch { print(error) }
    }
}
