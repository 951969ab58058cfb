import Core
import Testing

/// What a failed run tells people and scripts.
@Suite struct FailureTests {
    static let codes: [(Failure.Kind, Int32)] = [
        (.unreachable, 3), (.usage, 64), (.unreadable, 65), (.missing, 66), (.unavailable, 69),
        (.defect, 70), (.output, 73), (.storage, 74), (.denied, 77),
        (.interrupted, 130), (.terminated, 143),
    ]

    @Test("exit codes are stable", arguments: codes)
    func exitCodes(_ kind: Failure.Kind, _ code: Int32) {
        #expect(kind.exitCode == code)
    }

    @Test("every kind has an exit code of its own, and none is success")
    func codesAreDistinct() {
        #expect(Self.codes.map(\.0) == Failure.Kind.allCases)
        #expect(Set(Failure.Kind.allCases.map(\.exitCode)).count == Failure.Kind.allCases.count)
        #expect(Failure.Kind.allCases.allSatisfy { (1...255).contains($0.exitCode) })
    }

    @Test("a failure reads as what, why and advice")
    func describes() {
        #expect(
            Failure(.missing, "Cannot find a.mp4", why: "no such file", advice: "Look.").description
                == "Cannot find a.mp4: no such file. Look."
        )
        #expect(Failure(.defect, "It broke").description == "It broke.")
        #expect(
            Failure(.defect, "It broke", advice: "Tell us.").description == "It broke. Tell us."
        )
    }

    @Test("an interruption says that nothing was written")
    func interruption() {
        #expect(Failure.interrupted.kind == .interrupted)
        #expect(Failure.interrupted.description.contains("Nothing was written"))
    }
}
