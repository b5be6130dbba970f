//! Spellings of one staff member's name: one keyboard is not two people.

use unicode_normalization::UnicodeNormalization;

use crate::domain::comparable_name;

/// What people put before or after a name; longer ones first.
const TITLES: [&str; 36] = [
    "副主任科员",
    "主任科员",
    "分管领导",
    "负责人",
    "副科长",
    "副处长",
    "副局长",
    "副主任",
    "副股长",
    "副院长",
    "副书记",
    "副县长",
    "副调研员",
    "经办人",
    "科长",
    "处长",
    "局长",
    "主任",
    "股长",
    "院长",
    "书记",
    "县长",
    "组长",
    "调研员",
    "科员",
    "经办",
    "先生",
    "女士",
    "同志",
    "老师",
    "小姐",
    "mrs",
    "mr",
    "ms",
    "dr",
    "(代)",
];

/// Letters of other alphabets that look like Latin ones, each with the Latin one that it looks like, in lower case.
const ALIKE: [(&str, char); 17] = [
    ("аɑα", 'a'),
    ("вβ", 'b'),
    ("сϲ", 'c'),
    ("ԁ", 'd'),
    ("еє", 'e'),
    ("һн", 'h'),
    ("іıι", 'i'),
    ("ј", 'j'),
    ("кκ", 'k'),
    ("мμ", 'm'),
    ("оοσ", 'o'),
    ("рρ", 'p'),
    ("ѕ", 's'),
    ("тτ", 't'),
    ("υѵν", 'v'),
    ("хχ", 'x'),
    ("уγ", 'y'),
];

/// Han characters that are typed for each other in names: other forms, other scripts, look-alikes from keyboards.
const HAN: &str = "張张 陳陈 劉刘 趙赵 黃黄 吳吴 孫孙 馬马 鄭郑 謝谢 許许 韓韩 馮冯 \
    鄧邓 葉叶 蘇苏 呂吕 盧卢 蔣蒋 賈贾 閻阎 閆阎 闫阎 鍾钟 鐘钟 錢钱 \
    龍龙 萬万 賴赖 嚴严 陸陆 羅罗 楊杨 蕭萧 肖萧 範范 譚谭 鄒邹 湯汤 \
    顧顾 龔龚 龐庞 聶聂 關关 齊齐 賀贺 衛卫 魯鲁 紀纪 項项 華华 國国 \
    麗丽 紅红 軍军 東东 偉伟 傑杰 蘭兰 鳳凤 強强 彊强 寶宝 貴贵 榮荣 \
    慶庆 興兴 義义 禮礼 勝胜 飛飞 雲云 風风 豔艳 艷艳 靜静 潔洁 瑩莹 \
    蓮莲 賢贤 學学 銘铭 鋒锋 峯峰 堃坤 喆哲 昇升 陞升 髙高 黒黑 栁柳 \
    竒奇 逹达 達达 長长 門门 開开 陽阳 陰阴 順顺 曉晓 曄晔 嶽岳 巖岩 \
    煒炜 煥焕 燦灿 瓊琼 畢毕 喬乔 儀仪 億亿 憶忆 懷怀 應应 愛爱 戰战 \
    擴扩 數数 時时 書书 會会 權权 歐欧 潤润 濤涛 濱滨 瀾澜 爾尔 獻献 \
    現现 闗关 麽么 為为 裏里 裡里 後后 準准 澤泽 瑪玛 瑋玮 禎祯 穎颖 \
    頴颖 綺绮 縝缜 緯纬 繼继 維维 綱纲 經经 絲丝 鈺钰 鎮镇 錦锦 鍵键 \
    雙双 難难 雞鸡 離离 頻频 題题 顏颜 願愿 飄飘 駿骏 騰腾 鴻鸿 鵬鹏 \
    鶴鹤 麥麦 齡龄 萊莱 蔔卜 詩诗 誠诚 諾诺 謙谦 貞贞 賓宾 贊赞 輝辉 \
    運运 遠远 郵邮 釗钊 樹树 橋桥 樺桦 櫻樱 歲岁 滿满 漢汉 無无 熱热 \
    爭争 獨独 瑤瑶 環环 璽玺 畫画 當当 發发 盡尽 眾众 碩硕 祿禄 穀谷 \
    積积 簡简 紹绍 緒绪";

/// A name in the form in which all its spellings are equal: NFKC, without blanks, marks and format controls, look-alike
/// letters and Han variants folded, titles taken off.
#[must_use]
pub fn folded_name(name: &str) -> String {
    let text: String = comparable_name(&name.nfkc().collect::<String>())
        .chars()
        .map(alike)
        .filter(|letter| letter.is_alphanumeric() || "()".contains(*letter))
        .collect();
    let mut bare = text.as_str();
    while let Some(rest) = without_title(bare) {
        bare = rest;
    }
    bare.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

fn alike(letter: char) -> char {
    if let Some((_, latin)) = ALIKE.iter().find(|(letters, _)| letters.contains(letter)) {
        return *latin;
    }
    let usual = |pair: &str| {
        let mut letters = pair.chars();
        (letters.next() == Some(letter)).then(|| letters.next()).flatten()
    };
    HAN.split_whitespace().find_map(usual).unwrap_or(letter)
}

/// The name without one title, where something is left of it.
fn without_title(name: &str) -> Option<&str> {
    let strip = |title: &&str| name.strip_suffix(*title).or_else(|| name.strip_prefix(*title));
    TITLES.iter().find_map(strip).filter(|rest| !rest.is_empty())
}

/// Whether two names may be one person: equal once folded, or one of them is no more than the other's surname.
#[must_use]
pub fn is_one_person(one: &str, other: &str) -> bool {
    let (one, other) = (folded_name(one), folded_name(other));
    let is_surname = |short: &str, long: &str| short.chars().count() < 2 && long.starts_with(short);
    one == other || is_surname(&one, &other) || is_surname(&other, &one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_keyboard_is_one_person() {
        for spelling in [
            "张三",
            " 张 三 ",
            "張三",
            "张三科长",
            "科长张三",
            "张三（代）",
            "张\u{200b}三",
            "张\u{2060}三\u{202e}",
            "张三副主任",
            "张三 同志",
            "张科长",
            "张\u{fe00}三",
        ] {
            assert!(is_one_person("张三", spelling), "{spelling:?}");
        }
        for (one, other) in
            [("Anna", "Аnna"), ("ＡＮＮＡ", "anna"), ("Mr. Bo Li", "bo li"), ("闫芳", "阎芳"), ("肖强", "蕭強")]
        {
            assert!(is_one_person(one, other), "{one} {other}");
        }
        for (one, other) in [("张三", "张四"), ("张三", "李四"), ("张三", "李科长"), ("王芳", "王芳华")]
        {
            assert!(!is_one_person(one, other), "{one} {other}");
        }
        assert_eq!(folded_name("科长"), "科长", "a title alone is a name");
    }
}
