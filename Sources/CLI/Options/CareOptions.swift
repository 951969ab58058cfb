import ArgumentParser

/// How careful a run is with what it reads, and with whoever works beside it.
struct CareOptions: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        help: "Refuse a damaged source instead of saving what can be saved."
    )
    var strict: Bool?

    @Flag(inversion: .prefixedNo, help: "Let other programs go first.")
    var background: Bool?
}
