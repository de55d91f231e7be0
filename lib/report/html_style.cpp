#include "report/html_style.hpp"

namespace infer::detail {

const std::string_view kReportStyle = R"css(
:root { color-scheme: light dark; --page: #f5f6f8; --card: #fff; --ink: #1b2330; --soft: #5c6778; --line: #dfe3ea;
  --bar: #3b6fd4; --back: #e8ecf3; --good: #1a7f4b; --warn: #a15c00; --bad: #c02b37; }
@media (prefers-color-scheme: dark) { :root { --page: #11151c; --card: #1a2029; --ink: #e6eaf1; --soft: #9aa5b6;
  --line: #2c3542; --bar: #6ea0ff; --back: #2a3340; --good: #4cc98a; --warn: #f0b04f; --bad: #ff7b85; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 20px 16px 48px; }
header { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: center; margin: 4px 0 16px; }
h1 { font-size: 22px; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
header p { flex-basis: 100%; margin: 0; color: var(--soft); overflow-wrap: anywhere; }
.state { border-radius: 999px; padding: 2px 12px; font-weight: 600; color: var(--card); background: var(--good); }
.state.warn { background: var(--warn); } .state.bad { background: var(--bad); }
.reason { border-left: 4px solid var(--bad); padding: 8px 12px; background: var(--card); overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(164px, 1fr)); gap: 10px; margin: 0 0 14px; }
.tile, section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tile { padding: 10px 14px; min-width: 0; }
.tile b { display: block; font-size: 21px; line-height: 1.3; font-variant-numeric: tabular-nums; white-space: nowrap; }
.tile span { color: var(--soft); font-size: 13px; } .tile.bad b { color: var(--bad); }
section { padding: 14px 16px 16px; margin: 0 0 14px; }
h2 { font-size: 16px; margin: 0 0 10px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); gap: 14px 28px; }
figure { margin: 0; min-width: 0; } figcaption { font-weight: 600; font-size: 14px; margin-bottom: 6px; }
small, .note { color: var(--soft); font-weight: 400; font-size: 13px; } .note { margin: 4px 0 0; }
.plot { display: grid; grid-template-columns: max-content 1fr; grid-template-rows: 150px 20px; column-gap: 8px; }
.plot svg { width: 100%; height: 150px; border-bottom: 1px solid var(--soft);
  background: linear-gradient(var(--line) 1px, transparent 1px) 0 0 / 100% 75px; }
svg { fill: var(--bar); } svg rect:hover { opacity: .7; } .back { fill: var(--back); }
.y { display: flex; flex-direction: column; justify-content: space-between; text-align: right; margin: -8px 0;
  color: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
.x { grid-column: 2; position: relative; color: var(--soft); font-size: 12px; }
.x span { position: absolute; top: 2px; transform: translateX(-50%); white-space: nowrap; }
.x span:first-child { transform: translateX(min(-50%, 0px)); }
.share { display: block; width: 100%; min-width: 90px; height: 10px; border-radius: 3px; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 4px 14px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; font-size: 13px; white-space: nowrap; }
td { overflow-wrap: anywhere; } tr:last-child td { border-bottom: 0; }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
td.n:last-child, th.n:last-child { padding-right: 0; }
.bars td:nth-child(1), .bars .n { width: 1%; white-space: nowrap; } .bars td:nth-child(2) { vertical-align: middle; }
.flag, .whole { white-space: nowrap; }
.facts td:first-child { white-space: nowrap; color: var(--soft); width: 1%; }
code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
ol { margin: 0; padding-left: 22px; } li + li { margin-top: 8px; } li span { display: block; color: var(--soft); }
ul { margin: 0; padding-left: 18px; } summary { cursor: pointer; color: var(--soft); margin-top: 10px; }
@media (max-width: 640px) { main { padding: 12px 8px 32px; } section { padding: 12px; } .tile { padding: 8px 10px; }
  .tile b { font-size: 18px; } .tiles { grid-template-columns: repeat(auto-fit, minmax(126px, 1fr)); gap: 8px; }
  .x span:nth-child(even) { display: none; } .flag { white-space: normal; } .share { min-width: 40px; }
  th { white-space: normal; } th, td { padding-right: 9px; }
  .facts td { display: block; width: auto; padding-right: 0; } .facts td:first-child { border: 0; padding-bottom: 0; } }
)css";

}  // namespace infer::detail
