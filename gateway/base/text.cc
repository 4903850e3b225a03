#include "gateway/base/text.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "absl/strings/escaping.h"

namespace tombolo {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsTail(unsigned char c) { return (c & 0xC0) == 0x80; }

}  // namespace

std::string ToHex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const unsigned char c : bytes) {
    out.push_back(kDigits[c >> 4]);
    out.push_back(kDigits[c & 15]);
  }
  return out;
}

std::optional<std::string> FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(hex.size() / 2);
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexDigit(hex[i]);
    const int low = HexDigit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

std::string ToBase64(std::string_view bytes) { return absl::Base64Escape(ToAbsl(bytes)); }

std::optional<std::string> FromBase64(std::string_view text) {
  std::string out;
  if (!absl::Base64Unescape(ToAbsl(text), &out)) return std::nullopt;
  if (ToBase64(out) != text) return std::nullopt;
  return out;
}

// RFC 3629 section 4.
size_t Utf8SequenceBytes(std::string_view s) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char c = at(0);
  if (c < 0x80) return 1;
  if (c < 0xC2) return 0;
  if (c < 0xE0) return s.size() >= 2 && IsTail(at(1)) ? 2 : 0;
  if (c < 0xF0) {
    if (s.size() < 3 || !IsTail(at(1)) || !IsTail(at(2))) return 0;
    if (c == 0xE0 && at(1) < 0xA0) return 0;
    if (c == 0xED && at(1) > 0x9F) return 0;
    return 3;
  }
  if (c > 0xF4 || s.size() < 4 || !IsTail(at(1)) || !IsTail(at(2)) || !IsTail(at(3))) return 0;
  if (c == 0xF0 && at(1) < 0x90) return 0;
  if (c == 0xF4 && at(1) > 0x8F) return 0;
  return 4;
}

bool IsUtf8(std::string_view s) {
  constexpr uint64_t kHighBits = 0x8080808080808080u;
  const auto* p = reinterpret_cast<const unsigned char*>(s.data());
  const auto* const end = p + s.size();
  while (p < end) {
    uint64_t word = 0;
    while (end - p >= 8 && (std::memcpy(&word, p, 8), (word & kHighBits) == 0)) p += 8;
    // Runs of three-byte sequences without a special case, as East Asian text is made of.
    while (end - p >= 3 && p[0] >= 0xE1 && p[0] <= 0xEC && IsTail(p[1]) && IsTail(p[2])) p += 3;
    if (p == end) break;
    const size_t n =
        Utf8SequenceBytes({reinterpret_cast<const char*>(p), static_cast<size_t>(end - p)});
    if (n == 0) return false;
    p += n;
  }
  return true;
}

std::string_view Utf8Prefix(std::string_view s, size_t bytes_max) {
  if (s.size() <= bytes_max) return s;
  size_t end = bytes_max;
  while (end > 0 && IsTail(static_cast<unsigned char>(s[end]))) --end;
  return s.substr(0, end);
}

std::string_view Trim(std::string_view s) {
  static constexpr std::string_view kWide = "\xE3\x80\x80";
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  for (bool again = true; again;) {
    again = false;
    while (!s.empty() && blank(s.front())) s.remove_prefix(1);
    while (!s.empty() && blank(s.back())) s.remove_suffix(1);
    if (s.starts_with(kWide)) s.remove_prefix(3), again = true;
    if (s.ends_with(kWide)) s.remove_suffix(3), again = true;
  }
  return s;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

std::string JsonQuote(std::string_view s) {
  std::string out = "\"";
  for (size_t i = 0; i < s.size();) {
    const unsigned char c = static_cast<unsigned char>(s[i]);
    const size_t n = Utf8SequenceBytes(s.substr(i));
    if (n == 0) {
      out += "\xEF\xBF\xBD";
      ++i;
      continue;
    }
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(static_cast<char>(c));
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20 || c == 0x7F) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", c);
      out += escape;
    } else {
      out.append(s.substr(i, n));
    }
    i += n;
  }
  out.push_back('"');
  return out;
}

}  // namespace tombolo
