import Simulator
import TestSupport
import Testing

extension BuiltProgram {
    @Suite("How long an agreement to the cloud holds")
    struct AgreementTests {
        @Test("--cloud agrees for its own call: the next one sends nothing, edit or not")
        func onceAgreed() async throws {
            try await CloudStage.with { stage in
                let call = [try stage.clip(), "--to", "1MB"]
                try await stage.succeed(call + ["--route", "cloud", "--cloud"])
                let count = stage.simulator.requests.count
                #expect(count > 0)
                let next = call + ["--force", "-q"]
                try await stage.fail(77, next + ["--edit", "add a title"], saying: "Add --cloud")
                try await stage.succeed(next + ["--route", "cloud"])
                try await stage.fail(77, ["cloud", "credits"], saying: "nobody has agreed")
                #expect(stage.simulator.requests.count == count)
            }
        }

        @Test(
            "who rules the cloud out is told nothing of it",
            arguments: ["--offline", "--route=local"]
        )
        func ruledOut(_ option: String) async throws {
            try await CloudStage.with { stage in
                let result = try await stage.succeed([try stage.clip(), "--to", "100kB", option])
                #expect(!(result.messages + result.output).lowercased().contains("cloud"))
            }
        }

        @Test("where nobody can be asked, login names a terminal and --cloud")
        func nobodyThere() async throws {
            try await CloudStage.with { stage in
                try await stage.fail(
                    77,
                    ["cloud", "login"],
                    saying: "In a terminal",
                    "add --cloud"
                )
            }
        }
    }
}
