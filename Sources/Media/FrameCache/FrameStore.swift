import CFFmpeg
package import Core
package import SystemPackage

/// Prepared frames, kept so that pass 2 need not decode again: in memory up to a limit, then in a file.
///
/// In memory they lie in large blocks, each copied from a buffer that the filters then use again: keeping
/// those buffers themselves would take fresh memory for every frame, which costs the system more
/// than the copy. What stands still is kept once: of a frame that is mostly like the one before it, only
/// the tiles that changed.
package struct FrameStore: ~Copyable {
    private enum Slot {
        case memory(UnsafeMutablePointer<AVFrame>)
        case file(offset: Int64)
        // What changed since the slot before.
        case changesInMemory([Int32], [UInt8])
        case changesInFile([Int32], offset: Int64)

        var isChange: Bool {
            switch self {
            case .memory, .file: false
            case .changesInMemory, .changesInFile: true
            }
        }
    }

    /// Frames after which one is kept whole, so that any can be had without reading all before it.
    private static let mostChanges = 250

    private let size: PixelSize
    private let memoryLimit: Int
    private let fileLimit: Int
    private let path: FilePath?
    private var file: FileDescriptor?
    private var slots: [Slot] = []
    // Each frame in it keeps it alive; the store does while there is room in it.
    private var block: UnsafeMutablePointer<AVBufferRef>?
    private var (blockSize, blockUsed) = (0, 0)
    private static let blockBytes = 32 << 20
    // Which slot each frame is in.
    private var frames: [Int32] = []
    private let tiles: FrameTiles
    private var lastFrame: Frame
    private var changesInARow = 0
    // What was read last, and which slot it is.
    private var current: Frame
    private var currentSlot = -1
    package private(set) var memoryBytes = 0
    package private(set) var fileBytes = 0
    /// False once the limits were passed: what was kept is dropped, and pass 2 decodes again.
    package private(set) var isComplete = true

    /// Makes an empty store.
    ///
    /// Parameters:
    ///   - size: of every frame.
    ///   - memoryLimit, fileLimit: bytes that may be used of each; both 0 keeps nothing. In memory the lines
    ///     of a frame are padded (`av_frame_get_buffer`'s way), so that it takes some per cent more there.
    ///   - path: of the file, made when it is first needed; nil for none.
    package init(
        size: PixelSize,
        memoryLimit: Int,
        fileLimit: Int,
        path: FilePath?
    ) throws(MediaError) {
        let lastFrame = try Frame()
        let current = try Frame()
        self.lastFrame = lastFrame
        self.current = current
        tiles = FrameTiles(of: size)
        self.size = size
        self.memoryLimit = memoryLimit
        self.fileLimit = path == nil ? 0 : fileLimit
        self.path = path
        isComplete = memoryLimit > 0 || fileLimit > 0
    }

    deinit {
        for case .memory(let pointer) in slots {
            var pointer: UnsafeMutablePointer<AVFrame>? = pointer
            av_frame_free(&pointer)
        }
        var block = block
        if block != nil { av_buffer_unref(&block) }
        try? file?.close()
    }

    package var count: Int { frames.count }

    private var frameBytes: Int {
        size.pixels + 2 * (((size.width + 1) / 2) * ((size.height + 1) / 2))
    }

    /// Keeps the next frame, or drops everything when the limits are passed.
    package mutating func append(_ frame: borrowing Frame) throws(MediaError) {
        guard isComplete else { return }
        if slots.isEmpty || changesInARow >= Self.mostChanges {
            try appendWhole(frame)
        } else if !frame.refers(toPictureOf: lastFrame) {
            let changed = tiles.changed(frame.pointer, since: lastFrame.pointer)
            // Where most of it moves, reading it whole is quicker.
            if tiles.byteCount(changed) > frameBytes / 2 {
                try appendWhole(frame)
            } else if !changed.isEmpty {
                try append(changed, of: frame)
            }
        }
        guard isComplete else { return }
        frames.append(Int32(clamping: slots.count - 1))
        try lastFrame.refer(to: frame, doing: "keep a frame")
    }

    private mutating func appendWhole(_ frame: borrowing Frame) throws(MediaError) {
        changesInARow = 0
        // Lines in memory are padded, those in the file are not.
        let needed = Int(cinch_block_bytes(frame.pointer))
        try MediaError.check(Int32(clamping: needed), "keep a frame")
        if memoryBytes + needed <= memoryLimit {
            slots.append(.memory(try copy(frame, bytes: needed)))
            memoryBytes += needed
            return
        }
        let pointer = frame.pointer
        var status: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: frameBytes) {
            status = cinch_pack_planes(pointer, $0.baseAddress, Int32(clamping: $0.count))
            $1 = status < 0 ? 0 : $0.count
        }
        try MediaError.check(status, "keep a frame")
        if let offset = try write(bytes) { slots.append(.file(offset: offset)) }
    }

    private mutating func append(
        _ changed: [Int32],
        of frame: borrowing Frame
    ) throws(MediaError) {
        changesInARow += 1
        let bytes = tiles.pack(changed, of: frame.pointer)
        if memoryBytes + bytes.count <= memoryLimit {
            slots.append(.changesInMemory(changed, bytes))
            memoryBytes += bytes.count
        } else if let offset = try write(bytes) {
            slots.append(.changesInFile(changed, offset: offset))
        }
    }

    /// Hands out a frame again, its time counted in frames.
    package mutating func read(_ index: Int, into frame: inout Frame) throws(MediaError) {
        frame.clear()
        try load(Int(frames[index]))
        try frame.refer(to: current, doing: "read a kept frame")
        frame.presentationTime = index
    }

    /// Makes a slot's picture the current one, going on from what is current or from a whole one before it.
    private mutating func load(_ slot: Int) throws(MediaError) {
        guard slot != currentSlot else { return }
        var first = slot
        while slots[first].isChange, first - 1 != currentSlot { first -= 1 }
        currentSlot = -1
        for next in first...slot { try step(to: slots[next]) }
        currentSlot = slot
    }

    private mutating func step(to slot: Slot) throws(MediaError) {
        switch slot {
        case .memory(let pointer):
            av_frame_unref(current.pointer)
            try MediaError.check(av_frame_ref(current.pointer, pointer), "read a kept frame")
        case .file(let offset):
            av_frame_unref(current.pointer)
            try unpack(try readFile(at: offset, count: frameBytes))
        case .changesInMemory(let changed, let bytes):
            try put(changed, bytes)
        case .changesInFile(let changed, let offset):
            try put(changed, try readFile(at: offset, count: tiles.byteCount(changed)))
        }
    }

    /// Changes the current picture, or a copy of it where somebody still has it.
    private mutating func put(_ changed: [Int32], _ bytes: [UInt8]) throws(MediaError) {
        try MediaError.check(av_frame_make_writable(current.pointer), "read a kept frame")
        tiles.unpack(changed, bytes, into: current.pointer)
    }

    private mutating func copy(
        _ frame: borrowing Frame,
        bytes needed: Int
    ) throws(MediaError) -> UnsafeMutablePointer<AVFrame> {
        if block == nil || blockUsed + needed > blockSize {
            if block != nil { av_buffer_unref(&block) }
            // Of whole frames, so that nothing is left at its end.
            blockSize = max(1, Self.blockBytes / max(1, needed)) * needed
            block = cinch_block(blockSize)
            blockUsed = 0
        }
        guard let block, let copy = cinch_copy_into_block(frame.pointer, block, blockUsed) else {
            throw MediaError(.memory, doing: "keep a frame")
        }
        blockUsed += needed
        return copy
    }

    private mutating func drop() {
        for case .memory(let pointer) in slots {
            var pointer: UnsafeMutablePointer<AVFrame>? = pointer
            av_frame_free(&pointer)
        }
        slots = []
        frames = []
        if block != nil { av_buffer_unref(&block) }
        lastFrame.clear()
        current.clear()
        (currentSlot, changesInARow) = (-1, 0)
        // Room on the disk is given back at once; the workspace takes the empty file away.
        try? file?.resize(to: 0)
        memoryBytes = 0
        fileBytes = 0
        isComplete = false
    }

    /// Writes at the end of the file; nil where there is no room, and everything was dropped.
    private mutating func write(_ bytes: [UInt8]) throws(MediaError) -> Int64? {
        guard fileBytes + bytes.count <= fileLimit else {
            drop()
            return nil
        }
        let offset = Int64(fileBytes)
        do {
            _ = try open().writeAll(toAbsoluteOffset: offset, bytes)
        } catch {
            let found = error as? MediaError ?? MediaError(error, doing: "keep a frame")
            // A disk that fills up is no reason to stop: decoding again needs no room.
            guard found.kind == .diskFull else { throw found }
            drop()
            return nil
        }
        fileBytes += bytes.count
        return offset
    }

    private mutating func readFile(at offset: Int64, count: Int) throws(MediaError) -> [UInt8] {
        let descriptor = try open()
        var done = 0
        var bytes = [UInt8](repeating: 0, count: count)
        do {
            try bytes.withUnsafeMutableBytes { bytes in
                while done < bytes.count {
                    let part = try descriptor.read(
                        fromAbsoluteOffset: offset + Int64(done),
                        into: UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
                    )
                    if part == 0 { break }
                    done += part
                }
            }
        } catch {
            throw MediaError(error, doing: "read a kept frame")
        }
        guard done == count else {
            throw MediaError(.inputOutput, doing: "read a kept frame", words: "the file is short")
        }
        return bytes
    }

    /// Fills the current picture from a tight one.
    private mutating func unpack(_ bytes: [UInt8]) throws(MediaError) {
        let target = current.pointer
        target.pointee.width = Int32(size.width)
        target.pointee.height = Int32(size.height)
        target.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        try MediaError.check(av_frame_get_buffer(target, 0), "read a kept frame")
        let status = bytes.withUnsafeBufferPointer {
            cinch_unpack_planes(target, $0.baseAddress)
        }
        try MediaError.check(status, "read a kept frame")
    }

    private mutating func open() throws(MediaError) -> FileDescriptor {
        if let file { return file }
        guard let path else {
            throw MediaError(.other, doing: "keep a frame", words: "no file was allowed")
        }
        do {
            let opened = try FileDescriptor.openNew(path)
            file = opened
            return opened
        } catch {
            throw MediaError(error, doing: "keep frames")
        }
    }
}
