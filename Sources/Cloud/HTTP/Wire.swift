import CCurl
import Core
import Foundation
import SystemPackage

/// One libcurl handle with all it needs for one request; made, used and freed on one thread.
///
/// The only file of the module with C in it. A handle is driven by `curl_multi_poll`, which a signal
/// from any thread ends at once, so that no phase has to run into a time-out to be cancelled.
@safe final class Wire {
    /// What the faces of `Transfer` want differently.
    struct Options {
        /// Ask for a file from `offset` on, in the encoding it is stored in.
        var isDownload = false
        var offset: Int64 = 0
        /// Told what of the body the other side has received.
        var upload: (@Sendable (TransferProgress) -> Void)?
        /// Called about ten times a second while bytes move, and at the end.
        var onTick: (() -> Void)?
    }

    private typealias HeadSink = (HTTPHead) throws(TransferError) -> Void
    private typealias BytesSink = ([UInt8]) throws(TransferError) -> Bool

    private static let started = cinch_curl_start()

    private let easy: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private let notes: UnsafeMutablePointer<cinch_curl_notes>
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var form: OpaquePointer?
    private var files: [OpenFile] = []

    private let request: HTTPRequest
    private let options: Options
    private var patience: Patience
    private var head = HTTPHeadReader()
    private var onHead: HeadSink = { _ in }
    private var onBytes: BytesSink = { _ in true }
    /// What one of our callbacks gave up for; libcurl only says that it did.
    private var given: TransferError?
    private var isPaused = false
    private var meter = UploadMeter()
    private var lastReport: Duration = .zero

    private let clock = SuspendingClock()
    private let start: SuspendingClock.Instant
    private var now: Duration { start.duration(to: clock.now) }

    /// Whether all that the answer's head announced has come, also while the request is still sent.
    var hasWholeAnswer: Bool {
        let length = unsafe cinch_curl_get_offset(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T)
        return head.isComplete && length >= 0 && counts.down == Int64(length)
    }

    /// Where a redirect leads, after `run`.
    var redirect: String? {
        unsafe cinch_curl_get_string(easy, CURLINFO_REDIRECT_URL).map { unsafe String(cString: $0) }
    }

    /// Prepares everything and touches no network; refuses what must not be sent.
    init(_ request: HTTPRequest, _ transfer: Transfer, _ options: Options) throws(TransferError) {
        let address = try Address(request.url)
        guard Self.started == CURLE_OK, let easy = unsafe curl_easy_init() else {
            throw TransferError(.other, "libcurl could not be started.")
        }
        guard let multi = unsafe curl_multi_init() else {
            unsafe curl_easy_cleanup(easy)
            throw TransferError(.other, "libcurl could not be started.")
        }
        unsafe self.easy = easy
        unsafe self.multi = multi
        unsafe notes = .allocate(capacity: 1)
        unsafe notes.initialize(to: cinch_curl_notes())
        (self.request, self.options) = (request, options)
        start = clock.now
        patience = Patience(
            idle: transfer.real(request.limits.idle),
            afterAnswer: transfer.real(min(.seconds(3), request.limits.idle)),
            total: request.limits.total.map { transfer.real($0) },
            now: .zero
        )
        try configure(address, transfer)
    }

    deinit {
        // The form and the list must outlive the handle that uses them.
        unsafe curl_multi_remove_handle(multi, easy)
        unsafe curl_easy_cleanup(easy)
        unsafe curl_multi_cleanup(multi)
        unsafe curl_mime_free(form)
        unsafe curl_slist_free_all(headers)
        unsafe notes.deallocate()
    }

    // MARK: Options

    private func configure(_ address: Address, _ transfer: Transfer) throws(TransferError) {
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe cinch_curl_take_notes(easy, notes)
        set(CURLOPT_URL, address.url)
        set(CURLOPT_PROTOCOLS_STR, address.scheme)
        set(CURLOPT_USERAGENT, transfer.userAgent)
        set(CURLOPT_NOSIGNAL, 1)
        // A resolver that hangs is left to end by itself: cancelling does not wait for it.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        let connect = max(.seconds(1), transfer.real(request.limits.connect))
        set(CURLOPT_CONNECTTIMEOUT_MS, connect.milliseconds)
        if options.offset > 0 { set(CURLOPT_RANGE, "\(options.offset)-") }
        // Of a file the stored bytes are wanted: lengths and ranges count those.
        if !options.isDownload { set(CURLOPT_ACCEPT_ENCODING, "") }

        let (proxy, exceptions) = transfer.proxy(to: address)
        set(CURLOPT_PROXY, proxy)
        set(CURLOPT_NOPROXY, exceptions)
        let (bundle, folder) = transfer.certificates
        if let bundle { set(CURLOPT_CAINFO, bundle) }
        if let folder { set(CURLOPT_CAPATH, folder) }

        unsafe cinch_curl_set_callback(easy, CURLOPT_HEADERFUNCTION, takeLine)
        unsafe cinch_curl_set_pointer(easy, CURLOPT_HEADERDATA, me)
        unsafe cinch_curl_set_callback(easy, CURLOPT_WRITEFUNCTION, takeBytes)
        unsafe cinch_curl_set_pointer(easy, CURLOPT_WRITEDATA, me)
        try configureBody(transfer)
        unsafe cinch_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headers)
    }

    private func configureBody(_ transfer: Transfer) throws(TransferError) {
        for line in try request.headerLines() {
            // The list stays as it was where there is no memory.
            if let longer = unsafe curl_slist_append(headers, line) { unsafe headers = longer }
        }
        switch request.body {
        case .none where request.method == .get:
            break
        case .none:
            setPost([])
        case .json(let bytes):
            setPost(bytes)
        case .files(let files, let field):
            set(
                CURLOPT_EXPECT_100_TIMEOUT_MS,
                transfer.real(Transfer.permission).milliseconds
            )
            unsafe form = curl_mime_init(easy)
            for file in files { try add(file, field: field) }
            unsafe cinch_curl_set_pointer(easy, CURLOPT_MIMEPOST, UnsafeMutableRawPointer(form))
        }
    }

    private func setPost(_ bytes: [UInt8]) {
        set(CURLOPT_POST, 1)
        unsafe cinch_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
        // Without bytes there would be no address, and libcurl would ask a callback for the body.
        let copied = bytes.isEmpty ? [0] : bytes
        unsafe copied.withUnsafeBytes { copied in
            let start = unsafe UnsafeMutableRawPointer(mutating: copied.baseAddress)
            unsafe cinch_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, start)
        }
    }

    private func add(_ file: UploadFile, field: String) throws(TransferError) {
        guard file.mediaType.utf8.allSatisfy({ $0 > 0x1F && $0 < 0x7F }) else {
            throw TransferError(.other, "A file's media type is not allowed.")
        }
        let open = try OpenFile(file)
        files.append(open)
        let part = unsafe curl_mime_addpart(form)
        let context = unsafe Unmanaged.passUnretained(open).toOpaque()
        let length = curl_off_t(file.byteCount)
        let codes = unsafe [
            curl_mime_name(part, field),
            curl_mime_filename(part, file.formName),
            curl_mime_type(part, file.mediaType),
            curl_mime_data_cb(part, length, giveBytes, rewindBytes, nil, context),
        ]
        guard codes.allSatisfy({ $0 == CURLE_OK }) else {
            throw TransferError(.other, "libcurl could not make the form.")
        }
    }

    private func set(_ option: CURLoption, _ value: Int) {
        unsafe cinch_curl_set_long(easy, option, value)
    }

    private func set(_ option: CURLoption, _ value: String) {
        unsafe cinch_curl_set_string(easy, option, value)
    }

    // MARK: Running

    /// Runs the request to its end; nil where a whole answer was taken.
    func run(
        _ signal: TransferSignal,
        onHead: @escaping (HTTPHead) throws(TransferError) -> Void,
        onBytes: @escaping ([UInt8]) throws(TransferError) -> Bool
    ) -> TransferError? {
        cinch_block_sigpipe()
        (self.onHead, self.onBytes) = (onHead, onBytes)
        let address = unsafe UInt(bitPattern: multi)
        signal.attach { unsafe curl_multi_wakeup(UnsafeMutableRawPointer(bitPattern: address)) }
        defer {
            signal.detach()
            (self.onHead, self.onBytes) = ({ _ in }, { _ in true })
        }
        guard unsafe curl_multi_add_handle(multi, easy) == CURLM_OK else {
            return TransferError(.other, "libcurl could not start the request.")
        }
        while true {
            var running: Int32 = 0
            // Offers again what the reader had no room for.
            if isPaused { unsafe curl_easy_pause(easy, CURLPAUSE_CONT) }
            guard unsafe curl_multi_perform(multi, &running) == CURLM_OK else {
                return failure(.other, "libcurl could not go on.")
            }
            report(atEnd: running == 0)
            if running == 0 { return end() }
            if signal.isRaised { return failure(.cancelled, "cancelled") }
            let isAnswered = hasWholeAnswer
            switch patience.look(counts, isPaused: isPaused, isAnswered: isAnswered, now: now) {
            case .stalled: return failure(.stalled, "No byte came or went for too long.")
            case .timedOut: return failure(.timedOut, "The request took too long.")
            case .wait(let wait):
                unsafe curl_multi_poll(multi, nil, 0, Int32(wait.milliseconds), nil)
            }
        }
    }

    private var counts: Patience.Counts {
        unsafe .init(
            header: Int64(head.byteCount),
            down: Int64(cinch_curl_get_offset(easy, CURLINFO_SIZE_DOWNLOAD_T)),
            up: Int64(cinch_curl_get_offset(easy, CURLINFO_SIZE_UPLOAD_T)),
            inFlight: Int64(cinch_curl_unacknowledged(notes))
        )
    }

    private func report(atEnd: Bool) {
        guard atEnd || now - lastReport >= .milliseconds(100) else { return }
        lastReport = now
        options.onTick?()
        guard let upload = options.upload else { return }
        let total = unsafe cinch_curl_get_offset(easy, CURLINFO_CONTENT_LENGTH_UPLOAD_T)
        if let news = meter.read(counts, of: Int64(total), atEnd: atEnd) { upload(news) }
    }

    // MARK: What went wrong

    private func failure(_ kind: TransferError.Kind, _ detail: String) -> TransferError {
        TransferError(kind, detail, answerBegan: head.hasBegun)
    }

    private func end() -> TransferError? {
        var left: Int32 = 0
        guard let message = unsafe curl_multi_info_read(multi, &left) else {
            return failure(.other, "libcurl did not say how the request ended.")
        }
        let code = unsafe message.pointee.data.result
        // A connection that ends within the head is an orderly end to libcurl.
        if code == CURLE_OK {
            return head.isComplete ? nil : failure(.cut, "The answer ended within its head.")
        }
        if var given = given ?? files.lazy.compactMap({ $0.failure }).first {
            given.answerBegan = head.hasBegun
            return given
        }
        var detail = unsafe String(cString: cinch_curl_error(notes))
        // Some words repeat an address, which may hold a password (a proxy's) or a token (a query).
        if detail.isEmpty || detail.contains(where: { "@?".contains($0) }) || detail.contains("://")
        {
            detail = unsafe String(cString: curl_easy_strerror(code))
        }
        return failure(kind(of: code), detail)
    }

    private func kind(of code: CURLcode) -> TransferError.Kind {
        if unsafe cinch_curl_get_long(easy, CURLINFO_HTTP_CONNECTCODE) >= 300 { return .proxy }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: return .resolve
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: return .proxy
        case CURLE_COULDNT_CONNECT: return .connect
        // The only limit that libcurl itself was given is that for connecting.
        case CURLE_OPERATION_TIMEDOUT:
            let resolved = unsafe cinch_curl_get_offset(easy, CURLINFO_NAMELOOKUP_TIME_T) > 0
            return resolved ? .connect : .resolve
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE:
            return .tls
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2,
            CURLE_HTTP2_STREAM:
            return .cut
        default: return .other
        }
    }

    // MARK: What the callbacks do

    fileprivate func take(line: [UInt8]) -> Int {
        do throws(TransferError) {
            if let head = try head.take(line) { try onHead(head) }
            return line.count
        } catch {
            given = error
            return 0
        }
    }

    fileprivate func take(bytes: [UInt8]) -> Int {
        do throws(TransferError) {
            isPaused = !(try onBytes(bytes))
            return isPaused ? Int(CURL_WRITEFUNC_PAUSE) : bytes.count
        } catch {
            given = error
            return 0
        }
    }
}

// libcurl calls these on the thread that performs, with the object that outlives the handle.

private typealias Bytes = UnsafeMutablePointer<CChar>
private typealias Callback = @convention(c) (Bytes?, Int, Int, UnsafeMutableRawPointer?) -> Int

private let takeLine: Callback = { data, size, count, context in
    guard let context = unsafe context else { return 0 }
    let wire = unsafe Unmanaged<Wire>.fromOpaque(context).takeUnretainedValue()
    return wire.take(line: unsafe [UInt8](UnsafeRawBufferPointer(start: data, count: size * count)))
}

private let takeBytes: Callback = { data, size, count, context in
    guard let context = unsafe context else { return 0 }
    let wire = unsafe Unmanaged<Wire>.fromOpaque(context).takeUnretainedValue()
    return wire.take(
        bytes: unsafe [UInt8](UnsafeRawBufferPointer(start: data, count: size * count))
    )
}

private let giveBytes: Callback = { data, size, count, context in
    guard let context = unsafe context else { return 0 }
    let file = unsafe Unmanaged<OpenFile>.fromOpaque(context).takeUnretainedValue()
    let room = unsafe UnsafeMutableRawBufferPointer(start: data, count: size * count)
    let given = file.give(room: room.count) { descriptor, offset, count in
        try unsafe descriptor.read(
            fromAbsoluteOffset: offset,
            into: UnsafeMutableRawBufferPointer(rebasing: room[..<count])
        )
    }
    return given ?? Int(CURL_READFUNC_ABORT)
}

private let rewindBytes: curl_seek_callback = { context, offset, origin in
    guard let context = unsafe context, origin == SEEK_SET else { return CURL_SEEKFUNC_CANTSEEK }
    let file = unsafe Unmanaged<OpenFile>.fromOpaque(context).takeUnretainedValue()
    return file.seek(to: Int64(offset)) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_CANTSEEK
}

// MARK: Other things that only C tells

/// The parts of an address as libcurl reads it; nil where it cannot, or where it names a user.
func addressParts(
    _ text: String
) -> (scheme: String, host: String, port: String, url: String)? {
    let url = unsafe curl_url()
    defer { unsafe curl_url_cleanup(url) }
    guard unsafe curl_url_set(url, CURLUPART_URL, text, UInt32(CURLU_DISALLOW_USER)) == CURLUE_OK
    else { return nil }
    func part(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard unsafe curl_url_get(url, part, &text, UInt32(flags)) == CURLUE_OK,
            let text = unsafe text
        else { return nil }
        defer { unsafe curl_free(text) }
        return unsafe String(cString: text)
    }
    guard let scheme = part(CURLUPART_SCHEME), let host = part(CURLUPART_HOST),
        let port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT), let whole = part(CURLUPART_URL)
    else { return nil }
    return (scheme, host, port, whole)
}

/// What libcurl calls itself and its parts.
func libcurlVersion() -> String { unsafe String(cString: curl_version()) }

/// What the system knows about an open file.
func facts(of descriptor: FileDescriptor) -> OpenFile.Facts? {
    guard let facts = try? descriptor.stat() else { return nil }
    let modified = facts.st_mtim
    return OpenFile.Facts(
        identity: FileIdentity(facts),
        isRegular: facts.type == .regular,
        byteCount: facts.size,
        names: facts.linkCount,
        seconds: modified.tv_sec,
        nanoseconds: modified.tv_nsec
    )
}
