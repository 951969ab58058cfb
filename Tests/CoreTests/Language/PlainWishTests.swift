import Core
import Testing

extension PlainWish {
    /// What was understood, then what was not (✗), and contradictions (?).
    var summary: String {
        var parts = [understood.map(\.meaning).joined(separator: ", ")]
        if parts == [""] { parts = isCompression ? ["smaller"] : [] }
        parts += edits.map { "✗ " + $0 }
        parts += contradictions.map { _ in "?" }
        return parts.joined(separator: " ")
    }
}

/// What sentences ask for.
@Suite struct PlainWishTests {
    static let english = [
        (
            "compress this video to under 50MB without losing too much quality",
            "at most 50MB, as good as the size allows"
        ),
        ("export 720p MP4", "as MP4, at most 720 lines"),
        ("compress this video down to 8MB", "at most 8MB"),
        ("cut the first 10 seconds off and mute it", "without the first 10 s, no sound"),
        ("make it smaller", "smaller"),
        (
            "shrink this to 25 MB for discord",
            "at most 25MB, the size for Discord, 20 MB, the smaller size"
        ),
        ("compress for discord", "the size for Discord, 20 MB"),
        ("send it on whatsapp", "the size for WhatsApp, 16 MB"),
        ("trim to the first 30 seconds", "the first 30 s"),
        (
            "keep only the last 15 seconds, 1080p, under 10mb",
            "the last 15 s, at most 1080 lines, at most 10MB"
        ),
        ("a 500MB video, make it 20MB", "at most 20MB"),
        ("compress my 500MB wedding video to 50 MB", "at most 50MB"),
        ("compress a 4K video to 1080p", "at most 1080 lines"),
        ("export at 30fps", "at most 30 frames a second"),
        ("make my 60fps clip 30 fps", "at most 30 frames a second"),
        ("trim from 0:10 to 0:45 and compress to 8MB", "0:10 to 0:45, at most 8MB"),
        (
            "cut 5 seconds from the beginning and 3 seconds off the end",
            "without the first 5 s, without the last 3 s"
        ),
        ("remove the sound", "no sound"),
        ("no audio, 5MB max", "no sound, at most 5MB"),
        ("strip the audio and get it under 16MB", "no sound, at most 16MB"),
        ("don't mute it, just compress to 8MB", "with its sound, at most 8MB"),
        ("compress to 8MB but keep the sound", "at most 8MB, with its sound"),
        ("best quality, 100MB", "best quality, slowly, at most 100MB"),
        ("compress it as fast as possible to 20MB", "quickly, at most 20MB"),
        ("half the size", "at most 50 % of its size"),
        ("reduce the file size by 50%", "at most 50 % of its size"),
        ("make it 30% smaller", "at most 70 % of its size"),
        ("to 40% of its original size", "at most 40 % of its size"),
        ("split it into 3 parts", "in 3 parts"),
        ("split it into parts under 8MB each", "in parts, at most 8MB"),
        ("audio only", "its sound alone, as M4A"),
        ("extract the audio as m4a", "its sound alone, as M4A, as M4A"),
        ("convert to mp3", "✗ convert to mp3"),
        ("convert to gif", "✗ convert to gif"),
        ("add subtitles", "✗ add subtitles"),
        ("add a title \"Hello\" and compress to 8MB", "at most 8MB ✗ add a title \"Hello\""),
        ("blur the faces from 0:10 to 0:20", "✗ blur the faces from 0:10 to 0:20"),
        ("mute the first 5 seconds", "✗ mute the first 5 seconds"),
        ("speed it up 2x", "✗ speed it up 2x"),
        ("rotate it 90 degrees", "✗ rotate it 90 degrees"),
        ("make it black and white under 8MB", "at most 8MB ✗ make it black and white"),
        ("don't compress it to 8MB", "smaller ✗ don't compress it to 8MB"),
        ("not more than 8MB", "at most 8MB"),
        ("no larger than 10 MB please", "at most 10MB"),
        ("at least 8MB", "✗ at least 8MB"),
        ("over 8MB", "✗ over 8MB"),
        ("don't go over 8MB", "at most 8MB"),
        ("make sure it does not exceed 25MB", "at most 25MB"),
        ("remove the part from 0:10 to 0:20", "✗ remove the part from 0:10 to 0:20"),
        ("remove background noise", "✗ remove background noise"),
        ("remove the first 10 seconds of audio", "✗ remove the first 10 seconds"),
        ("start at 1:30", "without the first 1 min 30 s"),
        ("from 1:00 to the end", "without the first 1 min"),
        ("keep the first minute", "the first 1 min"),
        ("without the last second", "without the last 1 s"),
        ("trim it to 45 seconds", "the first 45 s"),
        ("crop to 9:16", "✗ crop to 9:16"),
        ("1280x720, 24 fps", "at most 720 lines, at most 24 frames a second"),
        ("compress wedding 500MB.mp4 to 8MB", "at most 8MB"),
        ("asdf qwer", "✗ asdf qwer"),
        ("hello", ""),
        ("what is 8 times 7", "✗ what is 8 times 7"),
        ("8MB", "at most 8MB"),
        ("720p", "at most 720 lines"),
        ("compress to 8MB or 10MB", "at most 8MB, the smaller size"),
        (
            "I want a 25MB version of this for email",
            "at most 25MB, the size for Outlook.com, 14.5 MB in a message of 20 MB, the smaller size"
        ),
        (
            "compress this so it fits in an email",
            "the size for Outlook.com, 14.5 MB in a message of 20 MB"
        ),
        ("can you please make this video fit in 16 megabytes?", "at most 16MB"),
        ("take the first 10 seconds off", "without the first 10 s"),
        ("skip the intro", "✗ skip the intro"),
        ("convert this mov file to mp4", "as MP4"),
        ("compress to 1.5GB", "at most 1.5GB"),
        ("compress it to 8 minutes", "smaller ✗ compress it to 8 minutes"),
        ("my phone has 64GB, compress this", "smaller"),
        (
            "under 8MB in 480p without sound, from 0:05 to 0:15",
            "at most 8MB, at most 480 lines, no sound, 0:05 to 0:15"
        ),
        ("split it into 8MB pieces", "in parts, at most 8MB"),
        ("compress video", "smaller"),
        ("cut it into 4 pieces", "in 4 parts"),
        (
            "compress this video to under 50MB, starting at 0:30",
            "at most 50MB, without the first 30 s"
        ),
        ("reverse it", "✗ reverse"),
        ("make it louder", "✗ make it louder"),
        ("stabilize and compress to 20MB", "at most 20MB ✗ stabilize"),
        ("no more than 720p", "at most 720 lines"),
        ("keep the original resolution, 100MB", "as many lines as the source, at most 100MB"),
        ("compress it to 900kb", "at most 900kB"),
        ("I need it to be less than 100 MB", "at most 100MB"),
        ("keep 30 to 60 seconds", "0:30 to 1:00"),
        ("make a 10MB file from this 4K recording", "at most 10MB"),
        ("compress without losing quality", "as good as the size allows"),
        ("compress a.mp4 to 100kB, first 5 seconds", "at most 100kB, the first 5 s"),
        (
            "cut the first 5 seconds and the last 10 seconds off",
            "without the first 5 s, without the last 10 s"
        ),
        ("4K video to 8MB", "at most 8MB"),
        (
            "add a fade in and a fade out, then compress to 8MB",
            "at most 8MB ✗ add a fade in and a fade"
        ),
        ("turn the volume up", "✗ turn the volume up"),
        ("lower the volume by 50%", "✗ lower the volume by 50"),
        ("translate the audio to Chinese", "✗ translate the audio to Chinese"),
        ("compress to 25mb, and remove the watermark", "at most 25MB ✗ remove the watermark"),
        ("I have 3 videos of 10 minutes", "✗ I have 3 videos of 10 minutes"),
        ("make me a video about cats", "✗ make me a video about cats"),
        ("it was 30 seconds at 60 fps", "at most 60 frames a second ✗ it was 30 seconds"),
        ("split at 0:30", "in parts ✗ at 0:30"),
        ("remove the sound of the wind", "✗ remove the sound of the wind"),
        ("do not remove the audio, under 10MB", "with its sound, at most 10MB"),
        ("compress /home/me/my 8MB clips/a.mp4 to 5MB", "at most 5MB"),
        ("keep everything but make it under 100M", "at most 100MB"),
    ]

    static let chinese = [
        ("把这个视频压到8MB", "at most 8MB"),
        ("把这个视频压缩到 50MB 以下，画质不要损失太多", "at most 50MB, as good as the size allows"),
        ("导出720p的MP4", "as MP4, at most 720 lines"),
        ("压到50兆以内", "at most 50MB"),
        ("大小不超过8MB", "at most 8MB"),
        ("从500MB压缩到20MB", "at most 20MB"),
        ("把 500MB 的 MP4 婚礼视频压缩成 1080p 的 MP4", "as MP4, at most 1080 lines"),
        ("剪掉前10秒并静音", "without the first 10 s, no sound"),
        ("去掉最后5秒", "without the last 5 s"),
        ("把前十秒剪掉，压到8MB", "without the first 10 s, at most 8MB"),
        ("只保留前30秒", "the first 30 s"),
        ("保留第10秒到第20秒", "0:10 to 0:20"),
        ("从0:10到0:45，压到10MB", "0:10 to 0:45, at most 10MB"),
        ("从1分30秒开始", "without the first 1 min 30 s"),
        ("剪到30秒", "the first 30 s"),
        ("静音", "no sound"),
        ("去掉声音，5MB以内", "no sound, at most 5MB"),
        ("不要静音，压到8MB", "with its sound, at most 8MB"),
        ("保留声音，压缩到8MB", "with its sound, at most 8MB"),
        ("转成音频", "its sound alone, as M4A"),
        ("只要声音", "its sound alone, as M4A"),
        ("转成mp3", "✗ 转成mp3"),
        ("转成gif", "✗ 转成gif"),
        ("加字幕", "✗ 加字幕"),
        ("加个标题“你好”，压到8MB", "at most 8MB ✗ 加个标题“你好”"),
        ("给人脸打码", "✗ 给人脸打码"),
        ("前5秒静音", "✗ 前5秒静音"),
        ("加速两倍", "✗ 加速两倍"),
        ("旋转90度", "✗ 旋转90度"),
        ("画质优先，100MB", "best quality, slowly, at most 100MB"),
        ("尽快压到20MB", "quickly, at most 20MB"),
        ("快速压缩一下", "quickly"),
        ("压缩一半", "at most 50 % of its size"),
        ("缩小50%", "at most 50 % of its size"),
        ("压到原来的30%", "at most 30 % of its size"),
        ("分成3段", "in 3 parts"),
        ("分成几段，每段不超过8MB", "in parts, at most 8MB"),
        ("拆成三份", "in 3 parts"),
        ("发到微信", "the size for WeChat, 20 MB"),
        ("压缩一下发微信", "the size for WeChat, 20 MB"),
        ("发到discord", "the size for Discord, 20 MB"),
        ("用邮件发", "the size for Outlook.com, 14.5 MB in a message of 20 MB"),
        ("30帧", "at most 30 frames a second"),
        ("每秒30帧，720p", "at most 30 frames a second, at most 720 lines"),
        ("把我的4K视频压到1080p", "at most 1080 lines"),
        ("4K视频压到8MB", "at most 8MB"),
        ("不要压到8MB", "smaller ✗ 不要压到8MB"),
        ("不超过25MB", "at most 25MB"),
        ("不要超过25MB", "at most 25MB"),
        ("至少8MB", "✗ 至少8MB"),
        ("大于8MB", "✗ 大于8MB"),
        ("不小于10MB", "✗ 不小于10MB"),
        ("去掉从0:10到0:20的部分", "✗ 去掉从0:10到0:20的部分"),
        ("把第10秒到第20秒删掉", "✗ 把第10秒到第20秒删掉"),
        ("去掉背景噪音", "✗ 去掉背景噪音"),
        ("去掉前10秒的声音", "✗ 去掉前10秒"),
        ("不要剪掉前10秒", "with the first 10 s"),
        ("你好", ""),
        ("今天天气怎么样", "✗ 今天天气怎么样"),
        ("这个视频太大了，帮我变小一点", "smaller"),
        ("小一点", "smaller"),
        ("压缩视频", "smaller"),
        ("压到8MB或者10MB", "at most 8MB, the smaller size"),
        ("保持原分辨率，100MB", "as many lines as the source, at most 100MB"),
        ("倒放", "✗ 倒放"),
        ("高清压缩到50MB", "as good as the size allows, at most 50MB"),
        ("最高1080p，最多30帧", "at most 1080 lines, at most 30 frames a second"),
        ("请帮我把这个视频压缩到16兆左右，谢谢", "at most 16MB"),
        ("保留最后一分钟", "the last 1 min"),
        ("删掉开头3秒和结尾2秒", "without the first 3 s, without the last 2 s"),
        ("给我一个8MB的版本", "at most 8MB"),
        ("压到25M以内", "at most 25MB"),
        ("把视频截取前20秒发到微信", "the first 20 s, the size for WeChat, 20 MB"),
        ("加字幕并翻译成英文，然后压到20MB", "at most 20MB ✗ 加字幕并翻译成英文"),
        ("视频别超过10兆", "at most 10MB"),
        ("做成8MB的文件", "at most 8MB"),
        ("在0:30处分割", "✗ 在0:30处分割"),
        ("调大音量", "✗ 调大音量"),
    ]

    @Test(
        "English is read, and what is no wish for a smaller file is left over",
        arguments: english
    )
    func readsEnglish(_ text: String, _ wish: String) {
        #expect(PlainWish.of(text).summary == wish)
    }

    @Test(
        "Chinese is read, and what is no wish for a smaller file is left over",
        arguments: chinese
    )
    func readsChinese(_ text: String, _ wish: String) {
        #expect(PlainWish.of(text).summary == wish)
    }

    @Test("what was understood is told in the person's own words")
    func tellsWords() {
        let wish = PlainWish.of("Trim to 0:30, mute it and get it under 8MB")
        #expect(wish.understood.map(\.words) == ["Trim to 0:30", "mute it", "8MB"])
        #expect(wish.target == ByteSize(bytes: 8_000_000))
        #expect(wish.audio == AudioWish.none)
        #expect(wish.span == Span(length: 30_000_000))
        #expect(wish.edits.isEmpty)
    }

    @Test("both ends may be cut at once")
    func cutsBothEnds() {
        let wish = PlainWish.of("skip the first 3 seconds and remove 1.5s from the end")
        #expect(
            wish.span == Span(start: .afterStart(3_000_000), end: .beforeEnd(1_500_000))
        )
    }

    @Test("a user's own names of limits are read")
    func readsOwnNames() {
        let own = NamedLimit(
            "school",
            "School",
            .file(bytes: 12_000_000),
            .exact,
            source: "me"
        )
        let limits = NamedLimits.builtIn.adding([own])
        #expect(PlainWish.of("compress for school", limits: limits).limitName == "school")
        #expect(PlainWish.of("compress for school").limitName == nil)
    }

    @Test("nothing is nothing, and a long text is no command")
    func readsNothing() {
        #expect(!PlainWish.of("").isUnderstood)
        #expect(!PlainWish.of(" ，。!? ").isUnderstood)
        let long = String(repeating: "compress to 8MB ", count: 200)
        #expect(PlainWish.of(long).edits == [long])
    }

    @Test("no text crashes it")
    func takesAnything() {
        let pieces = [
            "compress", "8MB", "压到", "前10秒", "\"", "“", "to", "first", "9999999999999 s", "0:99",
            "1:2:3",
            "%", "99%", "half", "\u{FFFC}", "e\u{301}", "👩‍👩‍👧", ".", "-", "split into", "0 parts",
            "fps", "×",
        ]
        var state: UInt64 = 7
        for _ in 0..<60 {
            var text = ""
            for _ in 0..<8 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int(state >> 33) % pieces.count] + (state >> 40 & 1 == 0 ? " " : "")
            }
            let wish = PlainWish.of(text)
            #expect(wish.target.map { $0.bytes > 0 } ?? true)
        }
    }
}
