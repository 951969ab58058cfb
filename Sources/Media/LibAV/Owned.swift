/// Sole owner of one C allocation: the only `deinit` around a libav handle.
///
/// A type that wraps a handle owns first, then does what can fail, and assigns last; what was owned
/// on the way is then freed by itself.
struct Owned<Pointee>: ~Copyable {
    /// libav's `…_free` functions take the address of the pointer and set it to null.
    typealias Free = (UnsafeMutablePointer<UnsafeMutablePointer<Pointee>?>?) -> Void

    let pointer: UnsafeMutablePointer<Pointee>
    private let free: Free

    /// Takes what an allocating function returned; null means that there was no memory.
    init(
        _ pointer: UnsafeMutablePointer<Pointee>?,
        freedBy free: @escaping Free
    ) throws(MediaError) {
        guard let pointer else { throw MediaError(.memory, doing: "get memory") }
        self.pointer = pointer
        self.free = free
    }

    deinit {
        var pointer: UnsafeMutablePointer<Pointee>? = pointer
        free(&pointer)
    }
}
