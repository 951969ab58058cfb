import Core

/// The words of §14, English and Chinese.
enum IntentWords {
    static let export = [
        "export", "re-export", "download", "send me the video", "send me the file",
        "send me the result", "send me my video", "give me the video", "get the video",
        "get my video", "save the video", "save my video", "save the file", "save it", "导出", "下载",
        "发给我", "把视频给我",
    ]
    static let credits = ["credits", "balance", "how many left", "积分", "余额"]
    static let state = [
        "status", "show tracks", "show the tracks", "show my tracks", "show timeline",
        "show the timeline", "show my timeline", "progress", "what's done", "what is done",
        "what's in it", "what is in it", "状态", "进度", "现在什么样",
    ]
    static let upload = ["upload", "上传"]
    static let subtitles = ["subtitles", "subtitle file", "captions", "caption file", "字幕"]

    /// Phrases in which a word above means something else.
    static let otherMeanings = [
        "white balance", "color balance", "colour balance", "audio balance", "balance the",
        "balance out", "balance audio", "balance colors", "balance colours", "end credits",
        "ending credits", "closing credits", "opening credits", "rolling credits", "credits roll",
        "credits sequence", "movie credits", "film credits", "progress bar", "status bar",
        "status line", "download button", "upload button", "export button", "白平衡", "进度条", "状态栏",
    ]

    /// With one of these before it, a word above is what an edit is about.
    static let editVerbs = [
        "add", "adding", "adjust", "animate", "apply", "blur", "burn", "caption", "change",
        "combine", "compress", "compressing", "convert", "create", "crop", "cut", "cutting",
        "decrease", "delete", "edit", "enhance", "extend", "fade", "generate", "increase",
        "insert", "join", "loop", "make", "merge", "mute", "optimize", "overlay", "put", "reduce",
        "reducing", "redo", "regenerate", "remove", "replace", "resize", "reverse", "rotate",
        "set", "sharpen", "shorten", "shrink", "slow", "speed", "split", "stabilize",
        "swap", "translate", "trim", "trimming", "turn", "write", "zoom", "剪", "裁", "压缩", "加",
        "生成", "去掉", "删", "改", "换", "调", "合并", "拼", "配", "翻译", "写", "减小", "缩小", "方便", "便于", "用于",
        "适合",
    ]

    /// Verbs that an export may be the object of.
    static let makingVerbs = ["create", "generate", "make", "redo"]

    static let negations = [
        "don't", "do not", "not", "never", "without", "不要", "别", "不用", "先不",
    ]

    static let separators = [
        "and", "then", "after", "afterwards", "before", "once", "when", "also", "&", "然后", "接着",
        "之后", "并且", "再把", "并", "最后", "以后",
    ]

    /// What may stand beside a wish without being one.
    static let filler = [
        "please", "pls", "thanks", "thank", "you", "ok", "okay", "great", "good", "perfect", "nice",
        "cool", "fine", "now", "hi", "hello", "hey", "yes", "yeah", "sure", "done", "it", "it's",
        "its", "looks", "that's", "that", "this", "is", "all", "i", "i'm", "am", "we're", "ready",
        "can", "could", "just", "me", "first", "finally", "let's", "so", "the", "result", "video",
        "好的", "好了", "好", "谢谢", "请", "麻烦", "可以了", "可以", "完成了", "现在", "帮我", "我", "你", "了", "吧",
        "先", "再", "把", "视频", "它", "嗯", "很",
    ]

    /// `720p`, `1080p`, `4K`.
    static func height(in text: MaskedText) -> Int? {
        if text.contains(["4k"]) { return 2160 }
        return PlainWords.lines.last { text.contains(["\($0)p"]) }
    }
}
