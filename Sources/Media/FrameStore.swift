import CFFmpeg
package import Core
package import SystemPackage

/// Prepared frames, kept so that pass 2 need not decode again: in memory up to a limit, then in a file.
///
/// In memory they lie in large blocks, each copied from a buffer that the filters then use again: keeping
/// those buffers themselves would take fresh memory for every frame, which costs the system more
/// than the copy. A picture that is repeated (a still screen at a constant frame rate) is kept once.
package struct FrameStore: ~Copyable {
    private enum Slot {
        case memory(UnsafeMutablePointer<AVFrame>)
        case file(offset: Int64)
    }

    private let size: PixelSize
    private let memoryLimit: Int
    private let fileLimit: Int
    private let path: FilePath?
    private var file: FileDescriptor?
    private var buffer: [UInt8] = []
    private var slots: [Slot] = []
    // Each frame in it keeps it alive; the store does while there is room in it.
    private var block: UnsafeMutablePointer<AVBufferRef>?
    private var blockUsed = 0
    private static let blockBytes = 32 << 20
    // Which slot each frame is in.
    private var frames: [Int32] = []
    // The plane that the last frame lived in, kept alive by it.
    private var lastPlane: UnsafeMutablePointer<UInt8>?
    private var lastFrame: Frame
    package private(set) var memoryBytes = 0
    package private(set) var fileBytes = 0
    /// False once the limits were passed: what was kept is dropped, and pass 2 decodes again.
    package private(set) var isComplete = true

    /// Makes an empty store.
    ///
    /// Parameters:
    ///   - size: of every frame.
    ///   - memoryLimit, fileLimit: bytes that may be used of each; both 0 keeps nothing.
    ///   - path: of the file, made when it is first needed; nil for none.
    package init(
        size: PixelSize,
        memoryLimit: Int,
        fileLimit: Int,
        path: FilePath?
    ) throws(MediaError) {
        lastFrame = try Frame()
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
        let plane = frame.pointer.pointee.data.0
        if plane != nil, plane == lastPlane {
            frames.append(Int32(clamping: slots.count - 1))
            return
        }
        if memoryBytes + frameBytes <= memoryLimit {
            slots.append(.memory(try copy(frame)))
            memoryBytes += frameBytes
        } else if fileBytes + frameBytes <= fileLimit {
            slots.append(.file(offset: Int64(fileBytes)))
            do {
                try write(frame)
            } catch {
                // A disk that fills up is no reason to stop: decoding again needs no room.
                guard error.kind == .diskFull else { throw error }
                drop()
                return
            }
            fileBytes += frameBytes
        } else {
            drop()
            return
        }
        frames.append(Int32(clamping: slots.count - 1))
        // While the reference is held, the buffer cannot be reused for another picture.
        av_frame_unref(lastFrame.pointer)
        try MediaError.check(av_frame_ref(lastFrame.pointer, frame.pointer), "keep a frame")
        lastPlane = plane
    }

    /// Hands out a frame again, its time counted in frames.
    package mutating func read(_ index: Int, into frame: inout Frame) throws(MediaError) {
        av_frame_unref(frame.pointer)
        switch slots[Int(frames[index])] {
        case .memory(let pointer):
            try MediaError.check(av_frame_ref(frame.pointer, pointer), "read a kept frame")
        case .file(let offset):
            try readFile(at: offset, into: frame)
        }
        frame.pointer.pointee.pts = Int64(index)
    }

    private mutating func copy(
        _ frame: borrowing Frame
    ) throws(MediaError) -> UnsafeMutablePointer<AVFrame> {
        let needed = Int(cinch_block_bytes(frame.pointer))
        try MediaError.check(Int32(clamping: needed), "keep a frame")
        if block == nil || blockUsed + needed > Self.blockBytes {
            if block != nil { av_buffer_unref(&block) }
            block = cinch_block(max(needed, Self.blockBytes))
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
        lastPlane = nil
        av_frame_unref(lastFrame.pointer)
        // Room on the disk is given back at once; the workspace takes the empty file away.
        try? file?.resize(to: 0)
        memoryBytes = 0
        fileBytes = 0
        isComplete = false
    }

    private mutating func write(_ frame: borrowing Frame) throws(MediaError) {
        let descriptor = try open()
        if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: frameBytes) }
        let offset = Int64(fileBytes)
        let pointer = frame.pointer
        let status = buffer.withUnsafeMutableBufferPointer {
            cinch_pack_planes(pointer, $0.baseAddress, Int32(clamping: $0.count))
        }
        try MediaError.check(status, "keep a frame")
        do {
            _ = try descriptor.writeAll(toAbsoluteOffset: offset, buffer)
        } catch {
            throw MediaError(
                status: cinch_averror((error as? Errno)?.rawValue ?? EIO),
                doing: "keep a frame"
            )
        }
    }

    private mutating func readFile(
        at offset: Int64,
        into frame: borrowing Frame
    ) throws(MediaError) {
        let descriptor = try open()
        let count: Int
        do {
            count = try buffer.withUnsafeMutableBytes { bytes in
                var done = 0
                while done < bytes.count {
                    let part = try descriptor.read(
                        fromAbsoluteOffset: offset + Int64(done),
                        into: UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
                    )
                    if part == 0 { break }
                    done += part
                }
                return done
            }
        } catch {
            throw MediaError(
                status: cinch_averror((error as? Errno)?.rawValue ?? EIO),
                doing: "read a kept frame"
            )
        }
        guard count == frameBytes else {
            throw MediaError(.inputOutput, doing: "read a kept frame", words: "the file is short")
        }
        let target = frame.pointer
        target.pointee.width = Int32(size.width)
        target.pointee.height = Int32(size.height)
        target.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        try MediaError.check(av_frame_get_buffer(target, 0), "read a kept frame")
        let status = buffer.withUnsafeBufferPointer {
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
            let opened = try FileDescriptor.open(
                path,
                .readWrite,
                options: [.create, .truncate, .closeOnExec],
                permissions: .ownerReadWrite
            )
            file = opened
            return opened
        } catch {
            throw MediaError(
                status: cinch_averror((error as? Errno)?.rawValue ?? EIO),
                doing: "keep frames"
            )
        }
    }
}
