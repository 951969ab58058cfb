import ArgumentParser
import Core
import Jobs

/// Where the work may be done, as `compress` and `plan` both take it.
struct RouteOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("auto (usual), local or cloud.", valueName: "where"),
        completion: .list(["auto", "local", "cloud"])
    )
    var route: String?

    @Flag(help: "Send nothing, whatever else is set.")
    var offline = false

    @Flag(help: "Agree to contact the cloud service and to send it files.")
    var cloud = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long it may take: 90, 90s, 5m, 1h.", valueName: "time")
    )
    var maxWait: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Credits that the cloud may cost, for all files of the call together.",
            valueName: "number"
        )
    )
    var maxCredits: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "What the cloud's agent shall do with it besides, in words.",
            valueName: "words"
        )
    )
    var edit: String?

    @Flag(help: "Use a simulated service; nothing leaves this machine.")
    var simulate = false

    @Option(help: ArgumentHelp("What it plays: 1 to 64, 28b, 50b.", valueName: "number"))
    var scenario: String?

    /// Whether anything is said of ways at all.
    var isGiven: Bool {
        route != nil || offline || cloud || simulate || maxWait != nil || maxCredits != nil
            || edit != nil
    }

    /// What is simulated instead of the service; nil for the service itself.
    func trial() throws(Failure) -> Trial.Settings? {
        guard simulate else {
            if scenario != nil { throw .needless("--scenario", without: "--simulate") }
            return nil
        }
        if let scenario { _ = try Trial.scenario(scenario) }
        return Trial.Settings(scenario: scenario)
    }

    /// What the options say of ways; `mayAsk`: whether there is somebody to be asked.
    func preferences(mayAsk: Bool) throws(Failure) -> RoutePreferences {
        var preferences = RoutePreferences()
        preferences.policy = try policy()
        (preferences.edit, preferences.agrees) = (edit, cloud)
        (preferences.mayAsk, preferences.isGiven) = (mayAsk, isGiven)
        return preferences
    }

    /// What the options lay down.
    func policy() throws(Failure) -> RouteFacts.Policy {
        var policy = RouteFacts.Policy()
        if let route { policy.route = try Reading.value(route) }
        policy.isOffline = offline
        if let maxWait {
            let wait: WholeWait = try Reading.value(maxWait)
            policy.mostSeconds = wait.seconds
        }
        if let maxCredits {
            let ceiling: CreditCeiling = try Reading.value(maxCredits)
            policy.mostCredits = ceiling.credits
        }
        if let edit, edit.allSatisfy(\.isWhitespace) || edit.hasPrefix("--") {
            throw Failure(
                .usage,
                "--edit has no value",
                why: edit.hasPrefix("--") ? "\(edit) follows it" : "it is empty",
                advice: "Write what shall be done, such as \"add a fade at the end\"."
            )
        }
        if policy.route == .cloud, offline {
            throw Failure(
                .usage,
                "--route cloud and --offline contradict each other",
                why: "the cloud cannot be used without sending it the file",
                advice: "Leave one of them out."
            )
        }
        return policy
    }
}
