package import Foundation

/// A Matroska file with one grey frame, put together by hand, and with as much to say of itself as is wanted.
package struct Matroska {
    /// Of the file: names and values.
    package var tags: [(name: String, value: String)] = []
    package var title: String?
    package var trackName: String?
    package var language: String?
    /// Of a second track, of sound.
    package var hasSound = false
    package var chapters: [String] = []

    package init() {}

    package var data: Data {
        var segment = element(0x1549_A966, information) + element(0x1654_AE6B, tracks)
        if !chapters.isEmpty { segment += element(0x1043_A770, element(0x45B9, atoms)) }
        if !tags.isEmpty {
            segment += element(0x1254_C367, element(0x7373, element(0x63C0, Data()) + simpleTags))
        }
        // A cluster with one block: track 1, time 0, a keyframe of 16 × 16 in 4:2:0.
        let block = Data([0x81, 0, 0, 0x80]) + Data(repeating: 128, count: 384)
        segment += element(0x1F43_B675, element(0xE7, Data([0])) + element(0xA3, block))
        let head = element(
            0x1A45_DFA3,
            element(0x4282, "matroska") + element(0x4287, Data([4])) + element(0x4285, Data([2]))
        )
        return head + element(0x1853_8067, segment)
    }

    private var information: Data {
        // A second, counted in milliseconds.
        let duration = Data([0x40, 0x8F, 0x40, 0, 0, 0, 0, 0])
        return element(0x2AD7B1, Data([0x0F, 0x42, 0x40])) + element(0x4489, duration)
            + (title.map { element(0x7BA9, $0) } ?? Data())
    }

    private var tracks: Data {
        let words =
            (trackName.map { element(0x536E, $0) } ?? Data())
            + (language.map { element(0x22B59C, $0) } ?? Data())
        let picture =
            element(0xB0, Data([16])) + element(0xBA, Data([16])) + element(0x2EB524, "I420")
        var tracks = element(
            0xAE,
            element(0xD7, Data([1])) + element(0x73C5, Data([1])) + element(0x83, Data([1]))
                + element(0x86, "V_UNCOMPRESSED") + element(0xE0, picture)
        )
        if hasSound {
            // 8000 samples a second.
            let sound =
                element(0xB5, Data([0x45, 0xFA, 0, 0])) + element(0x9F, Data([1]))
                + element(0x6264, Data([16]))
            tracks += element(
                0xAE,
                element(0xD7, Data([2])) + element(0x73C5, Data([2])) + element(0x83, Data([2]))
                    + words + element(0x86, "A_PCM/INT/LIT") + element(0xE1, sound)
            )
        }
        return tracks
    }

    private var atoms: Data {
        chapters.enumerated().reduce(into: Data()) { data, chapter in
            let start = UInt64(chapter.offset) * 1_000_000
            let time = Data((0..<8).map { UInt8(truncatingIfNeeded: start >> (56 - 8 * $0)) })
            data += element(
                0xB6,
                element(0x73C4, Data([UInt8(chapter.offset + 1)])) + element(0x91, time)
                    + element(
                        0x80,
                        element(0x85, chapter.element) + element(0x437C, "eng")
                    )
            )
        }
    }

    private var simpleTags: Data {
        tags.reduce(into: Data()) { data, tag in
            data += element(0x67C8, element(0x45A3, tag.name) + element(0x4487, tag.value))
        }
    }

    private func element(_ id: UInt32, _ text: String) -> Data { element(id, Data(text.utf8)) }

    private func element(_ id: UInt32, _ body: Data) -> Data {
        let name = (0..<4).map { UInt8(truncatingIfNeeded: id >> (24 - 8 * $0)) }.drop { $0 == 0 }
        // A length of eight bytes, whatever it is.
        let length = UInt64(body.count) | 1 << 56
        return Data(name) + Data((0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * $0)) })
            + body
    }
}
