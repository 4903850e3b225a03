// What is wrong with a catalogue, one thing a case, made from the sound sample.
//
// Ownership: values. Thread-safety: pure. Errors: none.
#ifndef TOMBOLO_TESTS_UNIT_RECORD_CATALOGUE_CASES_H_
#define TOMBOLO_TESTS_UNIT_RECORD_CATALOGUE_CASES_H_

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/unit/record/catalogue_sample.h"

namespace tombolo::record {

struct CatalogueCase {
  std::string name;
  Code code;
  std::string column;
  std::function<void(v1::Catalogue*)> damage;
  // Turns the rule off; the damage then goes through. Empty for rules that bind every catalogue.
  std::function<void(v1::ProfileRules*)> switch_off;
};

// GoogleTest prints the case by its name.
inline void PrintTo(const CatalogueCase& one, std::ostream* out) { *out << one.name; }

std::vector<CatalogueCase> ShapeCases();
std::vector<CatalogueCase> ContentCases();
std::vector<CatalogueCase> BasisCases();

}  // namespace tombolo::record

#endif  // TOMBOLO_TESTS_UNIT_RECORD_CATALOGUE_CASES_H_
