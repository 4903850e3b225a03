// How fast the readers are alone, on one core, by CPU time. Input is made here, the same in every
// run: rows of a register with Chinese (or Korean) and Latin names, 160 to 500 bytes each. Counting
// the lines of the same bytes stands beside it, to compare machines. Run:
// build/release/tests/bench/readers_bench
#include <benchmark/benchmark.h>
#include <iconv.h>

#include <cstring>
#include <string>
#include <vector>

#include "adapters/readers/readers.h"

namespace tombolo::readers {
namespace {

constexpr size_t kRows = 50000;
constexpr size_t kColumns = 12;

// A small generator with a fixed start (Numerical Recipes' constants), so that every run reads the
// same bytes.
class Numbers {
 public:
  uint32_t Next() { return state_ = state_ * 1664525u + 1013904223u; }

 private:
  uint32_t state_ = 20240301;
};

using Words = const char* const[8];
constexpr Words kHan = {"上海", "示例", "贸易", "食品", "有限公司", "技术", "加工", "销售"};
constexpr Words kHangul = {"서울", "예시", "무역", "식품", "유한회사", "기술", "가공", "판매"};

std::string Value(Numbers* numbers, size_t column, const Words& words_of_names) {
  static const char* const kLatin[] = {"Trading", "Food", "Street", "Pass", "Minor", "House"};
  std::string out;
  if (column % 4 == 0) return std::to_string(numbers->Next());
  const size_t words = column == 5 ? 12 : 3;
  for (size_t i = 0; i < words; ++i) {
    if (column % 4 == 1) {
      out += words_of_names[numbers->Next() >> 29];
    } else {
      out += kLatin[(numbers->Next() >> 16) % 6];
      out += ' ';
    }
  }
  return out;
}

// `dense`: no Latin words, as most registers of East Asia are.
std::string MakeCsv(const std::string& quote, const Words& words = kHan, bool dense = false) {
  constexpr char delimiter = ',';
  Numbers numbers;
  std::string out;
  for (size_t c = 0; c < kColumns; ++c) {
    out += (c == 0 ? "c" : delimiter + std::string("c")) + std::to_string(c);
  }
  out += "\r\n";
  for (size_t r = 0; r < kRows; ++r) {
    for (size_t c = 0; c < kColumns; ++c) {
      if (c > 0) out += delimiter;
      out += quote + Value(&numbers, dense && c % 4 != 0 ? 1 : c, words) + quote;
    }
    out += "\r\n";
  }
  return out;
}

std::string MakeTree(const char* before, const char* row, const char* between, const char* row_end,
                     const char* after, bool xml) {
  Numbers numbers;
  std::string out = before;
  for (size_t r = 0; r < kRows; ++r) {
    out += r > 0 ? between : "";
    out += row;
    for (size_t c = 0; c < kColumns; ++c) {
      const std::string name = "Column" + std::to_string(c);
      const std::string value = Value(&numbers, c, kHan);
      out += xml ? "<" + name + ">" + value + "</" + name + ">"
                 : (c > 0 ? ",\"" : "\"") + name + "\":\"" + value + "\"";
    }
    out += row_end;
  }
  return out + after;
}

std::string Encode(const std::string& text, const char* encoding) {
  const iconv_t descriptor = ::iconv_open(encoding, "UTF-8");
  std::string out(2 * text.size(), '\0');
  char* from = const_cast<char*>(text.data());
  size_t from_left = text.size();
  char* to = out.data();
  size_t to_left = out.size();
  ::iconv(descriptor, &from, &from_left, &to, &to_left);
  ::iconv_close(descriptor);
  out.resize(out.size() - to_left);
  return out;
}

// Gives out bytes that it does not own, so that a run measures the reader and not a copy.
class ViewSource : public ByteSource {
 public:
  explicit ViewSource(std::string_view bytes) : bytes_(bytes) {}
  StatusOr<size_t> Read(char* out, size_t size) override {
    const size_t n = bytes_.copy(out, size);
    bytes_.remove_prefix(n);
    return n;
  }

 private:
  std::string_view bytes_;
};

void Run(benchmark::State& state, const std::string& bytes, const ReaderOptions& options) {
  for (auto _ : state) {
    auto reader = OpenBytes(std::make_unique<ViewSource>(bytes), options, "bench");
    if (!reader.ok()) return state.SkipWithError("cannot open");
    Row row;
    size_t rows = 0;
    size_t cells = 0;
    for (;;) {
      const StatusOr<bool> more = (*reader)->Next(&row);
      if (!more.ok()) return state.SkipWithError("cannot read");
      if (!*more) break;
      ++rows;
      for (const std::string_view cell : row.cells) cells += cell.size();
    }
    if (rows != kRows) return state.SkipWithError("rows are missing");
    benchmark::DoNotOptimize(cells);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}

ReaderOptions Options(Format format, const char* row_path) {
  ReaderOptions options;
  options.format = format;
  options.row_path = row_path;
  options.encoding = "UTF-8";
  if (format == Format::kCsv) return options;
  for (size_t c = 0; c < kColumns; ++c)
    options.columns.push_back({"Column" + std::to_string(c), ""});
  return options;
}

void BM_CountLines(benchmark::State& state) {
  const std::string bytes = MakeCsv("");
  for (auto _ : state) {
    size_t lines = 0;
    const char* const end = bytes.data() + bytes.size();
    for (const char* at = bytes.data(); at < end; ++lines) {
      at = static_cast<const char*>(std::memchr(at, '\n', static_cast<size_t>(end - at))) + 1;
    }
    benchmark::DoNotOptimize(lines);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}
void BM_CsvBare(benchmark::State& state) { Run(state, MakeCsv(""), Options(Format::kCsv, "")); }
void BM_CsvQuoted(benchmark::State& state) { Run(state, MakeCsv("\""), Options(Format::kCsv, "")); }
void BM_CsvGb18030(benchmark::State& state) {
  ReaderOptions options = Options(Format::kCsv, "");
  options.encoding = "GB18030";
  Run(state, Encode(MakeCsv(""), "GB18030"), options);
}
void BM_CsvGb18030Dense(benchmark::State& state) {
  ReaderOptions options = Options(Format::kCsv, "");
  options.encoding = "GB18030";
  Run(state, Encode(MakeCsv("", kHan, true), "GB18030"), options);
}
void BM_CsvCp949Dense(benchmark::State& state) {
  ReaderOptions options = Options(Format::kCsv, "");
  options.encoding = "CP949";
  Run(state, Encode(MakeCsv("", kHangul, true), "UHC"), options);
}
void BM_CsvCp949(benchmark::State& state) {
  ReaderOptions options = Options(Format::kCsv, "");
  options.encoding = "CP949";
  Run(state, Encode(MakeCsv("", kHangul), "UHC"), options);
}
void BM_CsvSingleByte(benchmark::State& state) {
  ReaderOptions options = Options(Format::kCsv, "");
  options.encoding = "windows-1251";  // every byte is defined but one, so any text will do
  std::string bytes = MakeCsv("");
  for (char& c : bytes) c = c == '\x98' ? 'x' : c;
  Run(state, bytes, options);
}
void BM_Xml(benchmark::State& state) {
  Run(state, MakeTree("<A>", "<B>", "\n", "</B>", "</A>", true), Options(Format::kXml, "/A/B"));
}
void BM_Json(benchmark::State& state) {
  Run(state, MakeTree("[", "{", ",\n", "}", "]", false), Options(Format::kJson, "/*"));
}
void BM_Ndjson(benchmark::State& state) {
  Run(state, MakeTree("", "{", "\n", "}", "\n", false), Options(Format::kNdjson, ""));
}

BENCHMARK(BM_CountLines)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_CsvBare)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_CsvQuoted)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_CsvGb18030)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_CsvCp949)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_CsvGb18030Dense)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_CsvCp949Dense)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_CsvSingleByte)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Xml)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Json)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Ndjson)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tombolo::readers

BENCHMARK_MAIN();
