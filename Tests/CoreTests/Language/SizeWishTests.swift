import Core
import Testing

@Suite struct SizeWishTests {
    @Test(
        "a size that is asked for is found, in both languages",
        arguments: [
            ("compress this video to under 50MB without losing too much quality", 50_000_000),
            ("compress this video down to 8MB", 8_000_000), ("8MB please", 8_000_000),
            ("make it 7.5 MiB or less", 7_864_320), ("from 200MB to 8MB", 8_000_000),
            ("shrink my 200MB recording to about 10 mb", 10_000_000),
            ("make an 8MB file", 8_000_000), ("I want a 25MB version", 25_000_000),
            ("<8MB", 8_000_000), ("max 8 megabytes", 8_000_000), ("900kb max", 900_000),
            ("把这个视频压缩到 8MB", 8_000_000), ("把这个视频压缩到 50MB 以下，画质不要损失太多", 50_000_000),
            ("压到50兆以内", 50_000_000), ("大小不超过8MB", 8_000_000), ("从500MB压缩到20MB", 20_000_000),
            ("compress the 500MB video under 1.5GB, then export", 1_500_000_000),
        ]
    )
    func asked(text: String, bytes: Int) {
        #expect(SizeWish.of(text)?.bytes == bytes)
    }

    @Test(
        "a size that only describes, and numbers of other kinds, are no wish",
        arguments: [
            "compress a 500MB MP4 wedding video into a 1080p MP4", "this file is 500MB", "4k",
            "把 500MB 的 MP4 婚礼视频压缩成 1080p 的 MP4", "my 200MB recording from my phone",
            "add the title \"under 8MB\"", "convert clip-8MB.mp4", "trim to 10 s",
            "make it 8 minutes",
            "0MB", "mp4 720p", "",
        ]
    )
    func notAsked(text: String) {
        #expect(SizeWish.of(text) == nil)
    }

    @Test(
        "words about nothing but size are told from edits",
        arguments: [
            ("compress this video to under 50MB without losing too much quality", true),
            ("compress this video down to 8MB", true), ("compress my video files", true),
            ("把这个视频压缩到 50MB 以下，画质不要损失太多", true), ("make it smaller", true),
            ("compress clip.mov to 720p, 8MB", true), ("把这个视频压缩到 8MB，然后导出", true),
            ("make it black and white under 8MB", false), ("trim to 10 s and 8MB", false),
            ("add the title \"compress\"", false), ("压缩到 8MB 并加字幕", false), ("rotate it", false),
        ]
    )
    func onlySize(text: String, isAll: Bool) {
        #expect(SizeWish.isAll(of: text) == isAll)
    }
}
