import Core

/// What the simulated service is asked to do, beyond behaving as the specification says.
package struct SimulatorOptions: Sendable {
    package init() {}
}
