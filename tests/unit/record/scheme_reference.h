// Slow literal references of the identifier standards, and numbers made with them. They share
// nothing with the code under test.
//
// Ownership: plain values. Thread-safety: one thread per Generator. Errors: none.
#ifndef TOMBOLO_TESTS_UNIT_RECORD_SCHEME_REFERENCE_H_
#define TOMBOLO_TESTS_UNIT_RECORD_SCHEME_REFERENCE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "gateway/record/profile.h"

namespace tombolo::record {

inline constexpr std::string_view kAlphabet31 = "0123456789ABCDEFGHJKLMNPQRTUWXY";
inline constexpr std::string_view kDigits = "0123456789";
inline constexpr std::string_view kAlphanumerics = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

// CheckIdentifier of the repository's profile cn.
IdentifierCheck Check(std::string_view scheme, std::string_view input,
                      std::optional<int32_t> decided_on = std::nullopt);

// S of GB 32100, and the place of the check character in the alphabet.
int UsccSum(std::string_view code);
int UsccCheckPlace(std::string_view code);
char OrgcodeCheck(std::string_view body);
// ISO 7064 MOD 11-2 in its recursive form, not the weighted one that the profile states.
char RidCheck(std::string_view body);
// The remainder by long division over the expanded digits.
int Mod97(std::string_view text);
std::string LeiCheck(std::string_view body);
char LuhnCheck(std::string_view body);

bool IsUscc(std::string_view code);
bool IsOrgcode(std::string_view code);
bool IsRid(std::string_view id);
bool IsLei(std::string_view lei);
bool IsVisa(std::string_view card);

// Valid numbers, and slips of them. The same numbers in every run.
class Generator {
 public:
  std::string Text(std::string_view alphabet, size_t length);
  std::string Uscc();
  std::string Orgcode();
  std::string Rid();
  std::string Lei();
  std::string Visa();
  // One slip of a pen: another character, two swapped, one lost, one doubled, one put in.
  std::string Slip(std::string text);

 private:
  std::mt19937 random_{20261122};
};

}  // namespace tombolo::record

#endif  // TOMBOLO_TESTS_UNIT_RECORD_SCHEME_REFERENCE_H_
