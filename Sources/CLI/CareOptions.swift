import ArgumentParser

/// How careful a run is with what it reads, and with whoever works beside it.
struct CareOptions: ParsableArguments {
    @Flag(help: "Refuse a damaged source instead of saving what can be saved.")
    var strict = false

    @Flag(help: "Let other programs go first.")
    var background = false
}
