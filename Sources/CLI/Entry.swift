import Core
import Engine
import Foundation
import Jobs
import Synchronization
import SystemPackage

/// The program: `cinch`.
@main
enum Entry {
    /// The one argument of a child process that does media work, which nobody types.
    private static let worker = "__worker"

    static func main() async {
        Terminal.prepare()
        if CommandLine.arguments.dropFirst() == [SettingsText.argument] {
            let text = (try? FileHandle.standardInput.readToEnd()) ?? Data()
            try? FileHandle.standardOutput.write(contentsOf: SettingsText.answer(to: text))
            Terminal.exitNow(0)
        }
        if CommandLine.arguments.dropFirst() == [worker] { await work() }
        Worker(executable: executable, arguments: [worker]).install()
        SettingsText.program.withLock { $0 = executable }
        let signals = Signals()
        let sources = signals.listen()
        let environment = ProcessInfo.processInfo.environment
        let session = Session(
            results: Output(.standardOutput, environment: environment),
            messages: Output(.standardError, environment: environment),
            signals: signals
        )
        let code = await session.run(arguments: Array(CommandLine.arguments.dropFirst()))
        withExtendedLifetime(sources) { exit(code) }
    }

    /// Is such a child: its parent hears the signals and says when to stop.
    private static func work() async -> Never {
        for number in [SIGINT, SIGHUP, SIGTSTP] { Terminal.ignore(number) }
        // A thread may be caught in a decoder: nothing waits for it.
        Terminal.exitNow(await Worker.serve())
    }

    /// This program, also where its file has been replaced meanwhile.
    private static var executable: FilePath {
        #if os(Linux)
        let running = "/proc/self/exe"
        let name = try? FileManager.default.destinationOfSymbolicLink(atPath: running)
        return FilePath(name.flatMap { $0.hasSuffix(" (deleted)") ? nil : $0 } ?? running)
        #else
        return FilePath(Bundle.main.executablePath ?? CommandLine.arguments[0])
        #endif
    }
}
