import Foundation
import SystemPackage

/// The program: `cinch`.
@main
enum Entry {
    static func main() async {
        Terminal.prepare()
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
}
