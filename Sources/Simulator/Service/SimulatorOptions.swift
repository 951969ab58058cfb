package import SystemPackage

/// What a simulated service is, beyond behaving as the specification says.
package struct SimulatorOptions: Sendable {
    /// How many times faster than real time it lives; every wait is divided by it.
    package var speed: Double = 1
    /// The service's port, 0 for any that is free; the file host's is always any.
    package var port: UInt16 = 0
    /// Whether what no client may do is collected in `violations`.
    package var strict = true
    package var script = Scenario()
    /// Where media and results are kept; nil: a folder of its own, removed at `stop()`.
    package var folder: FilePath?
    /// The real service promises no size, so the wish is not heard unless this is set.
    package var honoursSizeWish = false
    /// What every render makes unless its script says otherwise.
    package var product: RenderScript.Product = .transcoded
    /// Accounts that exist from the start, as for a token given in the environment.
    package var accounts: [Account] = []
    package var tokenLifetimeSeconds: Double = 7 * 86_400
    package var creditsAtStart = 100
    package var creditsPerMessage = 5
    package var creditsPerGeneration = 50
    /// Tokens that one address may have in the life of the simulator (§2.3).
    package var tokensPerAddress = 10
    package var largestUpload = 500_000_000
    /// Bytes that the kernel takes ahead of a slow reader; nil: its own choice.
    package var receiveBuffer: Int?
    /// One line a request, without secrets.
    package var log: (@Sendable (String) -> Void)?

    /// A user and the token that stands for them.
    package struct Account: Sendable {
        package var token: String
        package var userID: String
        package var credits: Int

        package init(token: String, userID: String, credits: Int = 100) {
            (self.token, self.userID, self.credits) = (token, userID, credits)
        }
    }

    package init() {}
}
