import CFFmpeg
import Core

extension ToldText {
    /// A text of a file's as far as it is told: no more of it is copied.
    static func read(_ text: UnsafePointer<CChar>, upTo most: Int) -> String {
        // A scalar has four bytes at most: what is cut in two here lies beyond the limit.
        let count = strnlen(text, most * 4 + 4)
        let bytes = UnsafeRawBufferPointer(start: text, count: count)
        return String(decoding: bytes, as: UTF8.self).clipped(to: most)
    }

    /// The value of a dictionary's entry; nil where there is none of that name.
    static func read(
        _ name: String,
        of dictionary: OpaquePointer?,
        upTo most: Int
    ) -> String? {
        av_dict_get(dictionary, name, nil, 0).map { read($0.pointee.value, upTo: most) }
    }
}
