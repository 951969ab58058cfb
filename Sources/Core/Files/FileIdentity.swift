package import SystemPackage

/// Which file or folder a name leads to, whatever its name is: the same until another takes its place.
package struct FileIdentity: Hashable, Codable, Sendable {
    package var device: UInt64
    package var inode: UInt64

    /// The identity of what was looked at.
    package init(_ facts: Stat) {
        device = UInt64(truncatingIfNeeded: facts.deviceID.rawValue)
        inode = UInt64(truncatingIfNeeded: facts.inode.rawValue)
    }
}
