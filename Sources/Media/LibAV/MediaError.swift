import CFFmpeg
package import Core
import Synchronization
import SystemPackage

/// A libav call that failed: what was being done, libav's words, and the last line it logged.
package struct MediaError: Error, Equatable, Sendable {
    package enum Kind: Sendable, Equatable {
        case missing
        case denied
        /// The bytes are not what the container or codec allows.
        case invalid
        /// Readable, but there is no video track in it.
        case noVideo
        /// This build of the libraries lacks what is needed.
        case unsupported
        case diskFull
        case inputOutput
        /// An encoder of ours refused what it was given.
        case encoder
        /// A second pass does not open: the frames' headers alone need more than it is given.
        case tooFewBits
        case memory
        /// A picture in colours that only Dolby's own players can show.
        case dolbyOnly
        /// The file demands more than it may.
        case beyond(InputLimits.Name)
        case other
    }

    /// Where it happened.
    package enum Stage: Sendable, Equatable {
        /// Opening a stranger's file.
        case opening
        /// Reading and decoding what is in it.
        case reading
        /// Making something of it.
        case making
    }

    package var kind: Kind
    package var stage: Stage
    package var doing: String
    package var words: String
    package var lastLogLine: String?

    init(
        _ kind: Kind,
        _ stage: Stage = .making,
        doing: String,
        words: String = "",
        lastLogLine: String? = nil
    ) {
        self.kind = kind
        self.stage = stage
        self.doing = doing
        self.words = words
        self.lastLogLine = lastLogLine
    }

    init(status: Int32, _ stage: Stage = .making, doing: String) {
        var buffer = [CChar](repeating: 0, count: 256)
        av_strerror(status, &buffer, buffer.count)
        let end = buffer.firstIndex(of: 0) ?? buffer.count
        words = String(decoding: buffer[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
        self.stage = stage
        self.doing = doing
        kind =
            switch cinch_posix_error(status) {
            case ENOENT: .missing
            case EACCES, EPERM: .denied
            case ENOSPC, EDQUOT, EFBIG: .diskFull
            case EIO: .inputOutput
            case ENOMEM: .memory
            default: status == cinch_error_invalid_data ? .invalid : .other
            }
        lastLogLine = LibraryLog.takeLastError()
    }

    /// What System threw, which is an `Errno`.
    init(_ error: any Error, _ stage: Stage = .making, doing: String) {
        let code = (error as? Errno)?.rawValue ?? EIO
        self.init(status: cinch_averror(code), stage, doing: doing)
    }

    /// Opening a file took more computing than it may.
    package static func endlessOpening(_ limits: InputLimits) -> MediaError {
        MediaError(
            .beyond(.stall),
            .opening,
            doing: "open the file",
            words:
                "opening it alone takes more than \(limits.openingSeconds) seconds of computing, "
                + "as a file with very many tags or entries does"
        )
    }

    /// More frames came out of a file than it may have.
    package static func tooManyFrames(_ limits: InputLimits) -> MediaError {
        MediaError(
            .beyond(.frames),
            .reading,
            doing: "decode the picture",
            words: "more than \(ByteSize.grouped(limits.frames)) frames came out of it"
        )
    }

    /// Passes a non-negative status on and throws for a negative one: the only place that tests return codes.
    @discardableResult
    static func check(
        _ status: Int32,
        _ doing: @autoclosure () -> String,
        _ stage: Stage = .making,
        as kind: Kind? = nil
    ) throws(MediaError) -> Int32 {
        guard status < 0 else { return status }
        var error = MediaError(status: status, stage, doing: doing())
        // What libav says of an encoder's input is no word on the person's file.
        if let kind, error.kind == .invalid || error.kind == .other { error.kind = kind }
        throw error
    }
}

/// libav's log: kept off the terminal, its last error remembered for the message of the call that fails.
///
/// Each thread has its own last error, so that two runs in one process do not hear each other.
package enum LibraryLog {
    private static let lastErrors = Locked<[UInt: String]>([:])
    /// Threads of libav's own say things that no call of ours asks for.
    private static let mostThreads = 256
    // A static is initialised once, whoever comes first.
    private static let installed: Void = setCallback()

    /// Installs the callback once a process; libav calls it from its own threads.
    package static func install() { installed }

    private static func setCallback() {
        av_log_set_level(AV_LOG_ERROR)
        av_log_set_callback { context, level, format, arguments in
            guard level <= AV_LOG_INFO, let format, let arguments else { return }
            DecoderLog.hear(context, format)
            guard level <= AV_LOG_ERROR else { return }
            var line = [CChar](repeating: 0, count: 512)
            // The prefix is a component's name and an address in memory, which tell nobody anything.
            var printsPrefix: Int32 = 0
            av_log_format_line2(
                context,
                level,
                format,
                arguments,
                &line,
                Int32(line.count),
                &printsPrefix
            )
            let end = line.firstIndex(of: 0) ?? line.count
            let bytes = line[..<end].map(UInt8.init(bitPattern:))
            // A file's own text can be in a line; control characters must not reach a terminal.
            let text = String(decoding: bytes.filter { $0 >= 0x20 && $0 != 0x7F }, as: UTF8.self)
            guard !text.isEmpty else { return }
            LibraryLog.remember(text)
        }
    }

    private static func remember(_ text: String) {
        lastErrors.withLock { lines in
            if lines.count >= mostThreads { lines = [:] }
            lines[thread] = text
        }
    }

    /// The last error of the calling thread; told once.
    static func takeLastError() -> String? {
        lastErrors.withLock { $0.removeValue(forKey: thread) }
    }

    private static var thread: UInt { UInt(bitPattern: cinch_thread()) }
}

/// What goes with the work on a file: a request to stop, raised by any thread and polled by the one that
/// works, the limits that it keeps, and whether it is caught in a call just now.
package final class CancellationFlag: Sendable {
    private final class State: Sendable {
        let isRaised = Atomic(false)
        // Odd while the thread that works is inside a call that reads.
        let steps = Atomic(0)
        // The clock of the thread that is opening a file, and what it showed at the beginning.
        let opening = Locked<(clock: cinch_thread_clock, begun: Double)?>(nil)
        // Files that are read through a descriptor, whatever has their names now.
        let held = Locked<[String: Int32]>([:])
    }

    private let state: State
    package let limits: InputLimits

    package init(limits: InputLimits = InputLimits()) {
        state = State()
        self.limits = limits
    }

    private init(_ state: State, _ limits: InputLimits) {
        self.state = state
        self.limits = limits
    }

    /// The same request to stop, for a file of our own making.
    ///
    /// What a stranger's file may demand says nothing of the result: its frames are stored in whole
    /// blocks, its pixels are square, and its chapters are a track.
    package var forOwnFile: CancellationFlag {
        CancellationFlag(state, limits.atLeastUsual)
    }

    /// Makes a call into libav that a file could keep from returning.
    ///
    /// From the thread that works, and not inside of one another.
    func watch<Answer>(_ call: () -> Answer) -> Answer {
        state.steps.wrappingAdd(1, ordering: .relaxed)
        defer { state.steps.wrappingAdd(1, ordering: .relaxed) }
        return call()
    }

    /// Makes a call that opens a file, which has a limit of its own (`InputLimits.openingSeconds`).
    ///
    /// libav's own loops over what a file says of itself never look at the flag.
    func watchOpening<Answer>(_ call: () -> Answer) -> Answer {
        let clock = cinch_own_clock()
        state.opening.withLock { $0 = (clock, cinch_clock_seconds(clock)) }
        defer { state.opening.withLock { $0 = nil } }
        return watch(call)
    }

    /// The processor time that the opening in progress has taken so far, in seconds; 0 while there is none.
    ///
    /// A disk that is slow takes none.
    package var openingSeconds: Double {
        // The thread cannot end in the meantime: it waits for the lock before.
        state.opening.withLock { opening in
            opening.map { cinch_clock_seconds($0.clock) - $0.begun } ?? 0
        }
    }

    /// The number of the call that goes on now; nil between two.
    ///
    /// The same number for a long time means that reading has come to a halt. What is not reading,
    /// such as moving a file's index to its front, takes the time it takes.
    package var callInProgress: Int? {
        let step = state.steps.load(ordering: .relaxed)
        return step % 2 == 0 ? nil : step
    }

    /// From now on a file is read through an open descriptor, which outlives the work.
    package func hold(_ path: String, as descriptor: Int32) {
        state.held.withLock { $0[path] = descriptor }
    }

    /// What to open for a file: Linux opens what a descriptor leads to anew, removed or not.
    func location(of path: String) -> String {
        #if os(Linux)
        let held = state.held.withLock { $0[path] }
        if let held { return "/proc/self/fd/\(held)" }
        #endif
        return path
    }

    package var isRaised: Bool { state.isRaised.load(ordering: .relaxed) }

    package func raise() {
        state.isRaised.store(true, ordering: .relaxed)
    }
}

extension MediaError {
    /// Nothing in the picture track could be decoded.
    package static let noPicture = MediaError(
        .invalid,
        .reading,
        doing: "decode the picture",
        words: "not one frame of it can be decoded"
    )

    /// Nothing in the sound tracks could be decoded.
    package static let noSound = MediaError(
        .invalid,
        .reading,
        doing: "decode the sound",
        words: "not one sample of it can be decoded"
    )

    /// Sound that is copied, or none, was handed to the encoder.
    static let nothingToEncode = MediaError(
        .encoder,
        doing: "encode the sound",
        words: "there is none to encode"
    )

    /// x264 reports no error when it cannot write its log; the log tells.
    package static let incompleteLog = MediaError(
        .inputOutput,
        doing: "keep the first pass's log",
        words: "it is incomplete"
    )
}
