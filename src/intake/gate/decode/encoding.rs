//! Which encoding a text file has, told strictly, and its bytes as UTF-8.

use std::io::{BufRead, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use crate::gate::job::Refusal;

const CHUNK: usize = 1 << 16;

/// How a text is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writing {
    encoding: &'static Encoding,
    /// No line feed but one at most: old Macs ended lines with carriage returns, and another program the last one.
    only_returns: bool,
}

/// Reads the whole text once and says how it is written: UTF-8 or GB18030, or why it is neither.
pub(super) fn detect(mut text: impl BufRead) -> Result<Writing, Refusal> {
    let unreadable = |error: std::io::Error| Refusal::new(format!("the file cannot be read: {error}"));
    let start = text.fill_buf().map_err(unreadable)?;
    if let Some(encoding) = wide(start) {
        return wide_text(text, encoding);
    }
    if zeros(start) {
        return Err(Refusal::new("the text is binary; save the table as CSV in UTF-8"));
    }
    let marked = start.starts_with(b"\xef\xbb\xbf");
    let mut survey = Survey::default();
    let mut line = Vec::new();
    let mut only_returns = true;
    loop {
        line.clear();
        if text.read_until(b'\n', &mut line).map_err(unreadable)? == 0 {
            return survey.verdict(marked).map(|encoding| Writing { encoding, only_returns });
        }
        let is_of_returns =
            |body: &[u8]| survey.lines == 0 && body.strip_suffix(b"\r").unwrap_or(body).contains(&b'\r');
        only_returns &= line.strip_suffix(b"\n").is_none_or(is_of_returns);
        survey.add(&line)?;
    }
}

/// The encoding of text in units of two bytes, by its mark or by where its NULs stand: names of columns and digits are
/// ASCII.
fn wide(start: &[u8]) -> Option<&'static Encoding> {
    match start {
        [0xff, 0xfe, ..] => return Some(UTF_16LE),
        [0xfe, 0xff, ..] => return Some(UTF_16BE),
        _ => {}
    }
    let head = &start[..start.len().min(4096)];
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let enough = head.len() / 10;
    match (even, odd) {
        (0, odd) if odd > enough => Some(UTF_16LE),
        (even, 0) if even > enough => Some(UTF_16BE),
        _ => None,
    }
}

/// Reads such a text once, strictly.
fn wide_text(mut text: impl BufRead, encoding: &'static Encoding) -> Result<Writing, Refusal> {
    let mut decoder = encoding.new_decoder_with_bom_removal();
    let mut decoded = vec![0; 3 * CHUNK + 16];
    let (mut lines, mut raw) = (1_u64, vec![0; CHUNK]);
    let (mut is_after_return, mut has_lone) = (false, false);
    loop {
        let read = text.read(&mut raw).map_err(|error| Refusal::new(format!("the file cannot be read: {error}")))?;
        let (result, used, written) = decoder.decode_to_utf8_without_replacement(&raw[..read], &mut decoded, read == 0);
        let decoded = &decoded[..written];
        let is_sound = result == DecoderResult::InputEmpty && used == read && !decoded.contains(&0);
        if !is_sound {
            return Err(Refusal::new(format!(
                "from line {lines} on the text is not valid UTF-16: cut off or binary; save it as CSV in UTF-8"
            )));
        }
        lines += line_feeds(decoded);
        for byte in decoded {
            has_lone |= is_after_return && *byte != b'\n';
            is_after_return = *byte == b'\r';
        }
        if read == 0 {
            return Ok(Writing { encoding, only_returns: lines == 1 || (lines == 2 && has_lone) });
        }
    }
}

fn line_feeds(text: &[u8]) -> u64 {
    text.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

/// Binary files have NULs early; a stray NUL in a cell is no reason to refuse a file.
fn zeros(start: &[u8]) -> bool {
    let head = &start[..start.len().min(4096)];
    head.split(|byte| *byte == 0).count() * 20 > head.len() + 20
}

/// What the lines of a text look like.
#[derive(Default)]
struct Survey {
    lines: u64,
    utf8: u64,
    others: u64,
    first_other: u64,
    pairs: u64,
    common: u64,
}

impl Survey {
    fn add(&mut self, line: &[u8]) -> Result<(), Refusal> {
        self.lines += 1;
        if line.is_ascii() {
            return Ok(());
        }
        if std::str::from_utf8(line).is_ok() {
            self.utf8 += 1;
            return Ok(());
        }
        self.others += 1;
        if self.others == 1 {
            self.first_other = self.lines;
        }
        if GB18030.decode_without_bom_handling_and_without_replacement(line).is_none() {
            return Err(Refusal::new(format!(
                "line {} is neither valid UTF-8 nor valid GB18030; save the file as CSV in UTF-8",
                self.lines
            )));
        }
        self.count_pairs(line);
        Ok(())
    }

    /// Everyday Chinese lies in GB 2312, both bytes from A1 on; Big5 read as GB18030 does not.
    fn count_pairs(&mut self, line: &[u8]) {
        let mut rest = line;
        while let [lead, tail @ ..] = rest {
            rest = match tail {
                _ if *lead <= 0x80 => tail,
                [b'0'..=b'9', ..] => tail.get(3..).unwrap_or_default(),
                [trail, after @ ..] => {
                    self.pairs += 1;
                    self.common += u64::from((0xa1..=0xf7).contains(lead) && *trail >= 0xa1);
                    after
                }
                [] => tail,
            };
        }
    }

    fn verdict(&self, marked: bool) -> Result<&'static Encoding, Refusal> {
        if self.others == 0 {
            return Ok(UTF_8);
        }
        if marked || self.utf8 * 50 > self.utf8 + self.others {
            return Err(Refusal::new(format!(
                "mixed or cut encodings: line {} is not valid UTF-8, other lines are; save the file as CSV in UTF-8",
                self.first_other
            )));
        }
        if self.pairs >= 8 && self.common * 4 < self.pairs * 3 {
            return Err(Refusal::new(
                "the text is neither UTF-8 nor plausible GB18030 (Big5 perhaps); save the file as CSV in UTF-8",
            ));
        }
        Ok(GB18030)
    }
}

/// The text as UTF-8 with plain line feeds and one at its end, so that line numbers can be counted.
pub(super) struct Utf8Text<R> {
    input: R,
    decoder: Decoder,
    only_returns: bool,
    raw: Vec<u8>,
    ready: Vec<u8>,
    given: usize,
    held_return: bool,
    last: u8,
    done: bool,
    lines: u64,
}

impl<R: Read> Utf8Text<R> {
    /// `writing` as [`detect`] told it; a byte-order mark is dropped.
    pub(super) fn new(input: R, writing: Writing) -> Self {
        let Writing { encoding, only_returns } = writing;
        let decoder = encoding.new_decoder_with_bom_removal();
        let (raw, ready) = (vec![0; CHUNK], Vec::with_capacity(3 * CHUNK + 16));
        Self {
            input,
            decoder,
            only_returns,
            raw,
            ready,
            given: 0,
            held_return: false,
            last: b'\n',
            done: false,
            lines: 0,
        }
    }

    /// Line feeds given out so far.
    pub(super) const fn lines(&self) -> u64 {
        self.lines
    }

    fn refill(&mut self) -> std::io::Result<()> {
        let read = self.input.read(&mut self.raw)?;
        let mut decoded = vec![0; 3 * CHUNK + 16];
        let (result, used, written) =
            self.decoder.decode_to_utf8_without_replacement(&self.raw[..read], &mut decoded, read == 0);
        if result != DecoderResult::InputEmpty || used != read {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "malformed text"));
        }
        self.ready.clear();
        self.given = 0;
        self.push(&decoded[..written]);
        if read == 0 {
            self.done = true;
            if self.held_return {
                self.ready.push(b'\r');
            }
            if self.last != b'\n' {
                self.ready.push(b'\n');
            }
        }
        self.lines += line_feeds(&self.ready);
        Ok(())
    }

    /// Appends bytes, each CR LF as one LF; a lone CR where the text has no LF.
    fn push(&mut self, mut bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if self.only_returns {
            self.ready.extend(bytes.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }));
            self.last = self.ready[self.ready.len() - 1];
            return;
        }
        if std::mem::take(&mut self.held_return) && bytes[0] != b'\n' {
            self.ready.push(b'\r');
        }
        self.last = bytes[bytes.len() - 1];
        while let Some(at) = bytes.iter().position(|byte| *byte == b'\r') {
            self.ready.extend_from_slice(&bytes[..at]);
            match bytes.get(at + 1) {
                None => self.held_return = true,
                Some(b'\n') => {}
                Some(_) => self.ready.push(b'\r'),
            }
            bytes = &bytes[at + 1..];
        }
        self.ready.extend_from_slice(bytes);
    }
}

impl<R: Read> Read for Utf8Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.given == self.ready.len() {
            if self.done {
                return Ok(0);
            }
            self.refill()?;
        }
        let count = buffer.len().min(self.ready.len() - self.given);
        buffer[..count].copy_from_slice(&self.ready[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "姓名,乡镇\r\n张三,城关镇人民政府\r\n李四,东街街道办事处";

    fn read(bytes: &[u8]) -> Result<String, String> {
        let writing = detect(bytes).map_err(|refusal| refusal.0)?;
        let mut text = String::new();
        Utf8Text::new(bytes, writing).read_to_string(&mut text).unwrap();
        Ok(text)
    }

    #[test]
    fn utf8_with_and_without_mark_and_gb18030_are_one_text() {
        let expected = format!("{}\n", TEXT.replace('\r', ""));
        let marked = [b"\xef\xbb\xbf", TEXT.as_bytes()].concat();
        let returns = TEXT.replace('\n', "");
        let big: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let little: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let little_marked = [&[0xff, 0xfe][..], &little].concat();
        let wide = [&big[..], &little, &little_marked];
        for bytes in [TEXT.as_bytes(), &marked, &GB18030.encode(TEXT).0, returns.as_bytes()].into_iter().chain(wide) {
            assert_eq!(read(bytes).as_ref(), Ok(&expected), "{bytes:?}");
        }
    }

    #[test]
    fn other_encodings_are_refused() {
        let utf16: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let cut_wide: Vec<u8> = [&[0xff, 0xfe][..], &utf16[..utf16.len() - 1]].concat();
        let half_a_pair = [&[0xff, 0xfe][..], &utf16, &[0x00, 0xd8, 0x61, 0x00]].concat();
        let binary = [&[0xff, 0xfe][..], &utf16, &[0, 0]].concat();
        let traditional = "姓名,鄉鎮\n張三豐,臺北市中正區公所\n陳小明,高雄市鳳山區公所\n".repeat(3);
        let big5 = encoding_rs::BIG5.encode(&traditional).0.into_owned();
        let mixed = [TEXT.as_bytes(), b"\n", &GB18030.encode("王五,南街街道").0].concat();
        let cut = &TEXT.as_bytes()[..TEXT.len() - 1];
        for bytes in [&cut_wide[..], &half_a_pair, &binary, &big5, &mixed, cut, b"a,\xff\xff\n"] {
            assert!(read(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn rare_characters_survive_gb18030() {
        let text = "㐀𠀀䶮,喆堃\n";
        let padded = format!("姓名,乡镇,村,人员类别,报送单位\n{text}");
        assert_eq!(read(&GB18030.encode(&padded).0), Ok(padded));
    }
}
