package import Core
package import Foundation
package import Media
package import SystemPackage

/// A sound: a sine with a little hiss, written by hand as a WAV file.
package struct Tone: Sendable {
    package var seconds: Double
    package var sampleRate: Int
    package var channels: Int
    package var bitsPerSecond: Int
    /// 1 is a quarter of full scale.
    package var loudness: Double
    /// How loud the second channel is beside the first.
    package var second: Double

    package init(
        seconds: Double,
        sampleRate: Int = 48_000,
        channels: Int = 2,
        bitsPerSecond: Int = 64_000,
        loudness: Double = 1,
        second: Double = 1
    ) {
        (self.loudness, self.second) = (loudness, second)
        self.seconds = seconds
        self.sampleRate = sampleRate
        self.channels = channels
        self.bitsPerSecond = bitsPerSecond
    }

    /// The bytes of a WAV file with 16-bit samples.
    package var wave: Data {
        var random = Sequence64(state: 7)
        let period = sampleRate / 440
        let hiss = 1 << 12
        // One table instead of a sine for every sample.
        let table = (0..<hiss).map { index in
            let sine = sin(2 * .pi * Double(index % period) / Double(period)) * 8000
            return Int16(sine) + Int16(random.next() % 401) - 200
        }
        let count = Int(seconds * Double(sampleRate))
        var samples = Data(capacity: count * channels * 2)
        let tables = [loudness, loudness * second].map { factor in
            table.map { UInt16(bitPattern: Int16(Double($0) * factor)) }
        }
        for index in 0..<count {
            for channel in 0..<channels {
                let value = tables[channel == 1 ? 1 : 0][index % hiss]
                samples.append(UInt8(truncatingIfNeeded: value))
                samples.append(UInt8(truncatingIfNeeded: value >> 8))
            }
        }
        let block = channels * 2
        return Data("RIFF".utf8) + little(36 + samples.count, 4) + Data("WAVEfmt ".utf8)
            + little(16, 4) + little(1, 2) + little(channels, 2) + little(sampleRate, 4)
            + little(sampleRate * block, 4) + little(block, 2) + little(16, 2)
            + Data("data".utf8) + little(samples.count, 4) + samples
    }

    /// The sound, encoded to AAC by the project's own encoder; the packets lie at `path`.
    package func track(
        at path: FilePath,
        flag: CancellationFlag = CancellationFlag()
    ) throws -> Track? {
        let waveFile = FilePath(path.string + ".wav")
        try waveFile.write(wave)
        defer { try? FileManager.default.removeItem(atPath: waveFile.string) }
        return try SoundTrack.make(
            .encode(
                streamIndex: 0,
                bitsPerSecond: bitsPerSecond,
                channels: channels,
                sampleRate: sampleRate
            ),
            source: Self.source(waveFile, seconds: seconds),
            path: path,
            flag: flag,
            onProgress: { _ in }
        )
    }

    /// A source that is sound alone, which a probe refuses.
    package static func source(_ path: FilePath, seconds: Double) -> Source {
        Source(
            path: path.string,
            bytes: path.byteCount,
            container: "wav",
            durationSeconds: seconds,
            video: VideoTrack(
                streamIndex: 0,
                codec: "none",
                codedSize: PixelSize(width: 2, height: 2),
                frameRate: Rational(25, 1)
            )
        )
    }

    private func little(_ value: Int, _ bytes: Int) -> Data {
        Data((0..<bytes).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) })
    }
}
