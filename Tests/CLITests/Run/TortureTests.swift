import Foundation
import Testing

extension BuiltProgram {
    @Suite(
        "Damaged files and kills",
        .enabled(if: Allowed.has("python3")),
        .timeLimit(.minutes(10))
    )
    struct TortureTests {
        @Test(
            "a short torture finds nothing: no crash, no leftover, no half file, no strange exit code"
        )
        func finds() async throws {
            let folder = try Folder()
            let script = Program.root.appendingPathComponent("scripts/torture").path
            let result = try await Program.tool(
                "python3",
                [
                    script, "--binary", Program.binary.path, "--variants", "12", "--kills", "2",
                    "--keep", folder.path("kept"),
                ]
            )
            #expect(result.exitCode == 0, "\(result.output)\(result.messages)")
            #expect(result.output.contains("\nFound: 0\n"))
            #expect(result.output.contains("| SIGKILL |"))
        }
    }
}
