"""The look of a page, and the little that its script does: sort and filter a matrix, open the story that a cell names.

What must stay true: without the script the page shows all that it shows with it.
"""

STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--line:#d5dae0;--page:#fff;--ok:#d5ecd9;--ok-ink:#14532d;
--c1:#fde7c9;--c2:#f8c08f;--c3:#e9805a;--c-ink:#3b0d00;--none:#eceef1;--unsure:#ddd3f2;--mark:#0b62a8;--focus:#0b62a8}
@media(prefers-color-scheme:dark){:root{--ink:#e4e7ea;--soft:#9aa4ae;--line:#3a424a;--page:#14171a;--ok:#1d3b27;
--ok-ink:#b7e3c3;--c1:#55401f;--c2:#7a4320;--c3:#a63d22;--c-ink:#fff;--none:#262b30;--unsure:#43365f;--mark:#6db6f2;--focus:#6db6f2}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:82rem;
margin:2rem auto;padding:0 1rem;overflow-wrap:break-word}
h1{font-size:1.6rem}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}
p,li{max-width:60rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.87rem;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
th{font-weight:600;vertical-align:bottom}
.left{text-align:left}
.map{max-height:85vh;overflow:auto}
.grid{border-collapse:separate;border-spacing:2px;line-height:1.2}
.grid th,.grid td{border:0;padding:.25rem}
.grid th{background:var(--page);position:sticky;font-size:.8rem;overflow-wrap:break-word}
.grid thead th{text-align:center;top:0;z-index:2;min-width:4.6rem}
.grid tbody th{text-align:left;vertical-align:middle;left:0;z-index:1;min-width:7rem;max-width:20rem}
.grid thead td{position:sticky;top:0;left:0;z-index:3;background:var(--page)}
.grid td{text-align:center;vertical-align:middle;border-radius:4px;min-width:3.4rem}
.grid small{display:block;font-size:.7rem}
.grid td a{color:inherit;display:block;text-decoration:underline dotted;text-underline-offset:2px}
.grid button{font:inherit;font-weight:600;color:inherit;background:none;border:0;padding:.1rem;cursor:pointer}
.grid button:hover{text-decoration:underline}
:focus-visible{outline:3px solid var(--focus);outline-offset:1px}
.why{display:none;position:fixed;left:0;right:0;bottom:0;z-index:9;padding:.6rem 1rem;background:var(--ink);
color:var(--page);font-size:.9rem;text-align:left}
td:hover>.why,td:focus-within>.why{display:block}
.find{margin:.6rem 0}.find input{font:inherit;width:16rem;max-width:60%;color:inherit;background:var(--page);
border:1px solid var(--soft);border-radius:4px;padding:.15rem .4rem}
.frontier{width:100%;min-width:34rem;max-width:56rem;font-size:12px;fill:var(--ink)}
.frontier .rule{stroke:var(--line)}.frontier circle.other{fill:var(--soft);fill-opacity:.75}
.frontier circle.best{fill:var(--mark)}.frontier polyline{fill:none;stroke:var(--mark);stroke-width:2}
.frontier .name{font-weight:600}
.c0{background:var(--ok);color:var(--ok-ink)}.c1{background:var(--c1)}.c2{background:var(--c2)}
.c3{background:var(--c3);color:var(--c-ink)}.unsure{background:var(--unsure)}
.none{background:var(--none);color:var(--soft)}
blockquote{margin:.3rem 0 1rem;border-left:3px solid var(--line);color:var(--soft)}
blockquote:target,p:target,p:target+blockquote{border-color:var(--mark);color:var(--ink)}
@media(max-width:600px){body{margin:1rem auto}
.grid tbody th{max-width:8.5rem;min-width:6rem}th,td{padding:.25rem .4rem}}
@media print{.wide,.map{overflow:visible;max-height:none}
.grid th,.grid thead td{position:static}.find,.why{display:none!important}
body{max-width:none;margin:0;
-webkit-print-color-adjust:exact;print-color-adjust:exact}h2{break-after:avoid}
.grid{font-size:.75rem}.grid td{min-width:0}.grid thead th{min-width:0;font-size:.7rem}}
summary{cursor:pointer;padding:.15rem 0}pre{overflow-x:auto;background:var(--none);padding:.8rem}
"""

SCRIPT = """
(()=>{
const opened=()=>{const at=location.hash&&document.getElementById(decodeURIComponent(location.hash.slice(1)));
if(at){const fold=at.closest("details");if(fold)fold.open=true;at.scrollIntoView()}};
addEventListener("hashchange",opened);addEventListener("DOMContentLoaded",opened);opened();
document.querySelectorAll("table.sortable").forEach(table=>{
const body=table.tBodies[0],rows=[...body.rows];let by=-1;
const value=(row,at)=>Number(row.cells[at].dataset.n);
table.tHead.querySelectorAll("th").forEach((head,place)=>{
const button=document.createElement("button");button.type="button";button.title="sort by this scenario";
button.append(...head.childNodes);head.append(button);
button.onclick=()=>{const at=place+1;by=by===at?-1:at;
table.tHead.querySelectorAll("th").forEach(each=>each.removeAttribute("aria-sort"));
if(by>0)head.setAttribute("aria-sort","ascending");
const order=by<0?rows:[...rows].sort((a,b)=>value(a,at)-value(b,at));body.append(...order)}});
const label=document.createElement("label"),field=document.createElement("input");
label.className="find";field.type="search";label.append("Show strategies with ",field);
field.oninput=()=>rows.forEach(row=>{row.hidden=!row.cells[0].textContent.includes(field.value.trim())});
const line=document.createElement("p");line.className="find";line.append(label);table.parentElement.before(line)});
})();
"""
