import Foundation

/// What libFuzzer calls with each input that it thinks of; 0 means that it may be kept.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    Subject.chosen.read(bytes)
    return 0
}

/// Whose reading is tried: `CINCH_FUZZ_SUBJECT` says `media` or `text`.
enum Subject: String {
    case media
    case text

    static let chosen =
        ProcessInfo.processInfo.environment["CINCH_FUZZ_SUBJECT"].flatMap(Subject.init) ?? .text

    func read(_ bytes: [UInt8]) {
        switch self {
        case .media: FuzzedMedia.read(bytes)
        case .text: FuzzedText.read(bytes)
        }
    }
}
