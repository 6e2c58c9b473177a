-- tables, joins, aggregates
create table city(id integer primary key, name text not null, country text, people integer);
create table route(a integer references city(id), b integer references city(id), km real, check (a <> b));
insert into city(name, country, people) values
  ('Lisbon', 'PT', 545), ('Porto', 'PT', 232), ('Madrid', 'ES', 3223), ('Bilbao', 'ES', 346),
  ('Paris', 'FR', 2161), ('Lyon', 'FR', 516), ('Turin', 'IT', 870), ('Milan', 'IT', 1352), ('Genoa', 'IT', null);
insert into route values (1,2,313),(1,3,625),(2,4,700.5),(3,4,395),(4,5,918.25),(5,6,466),(6,7,312),(7,8,143),(8,9,145);
select * from city order by people desc nulls last limit 4;
select c.name, d.name, km from route join city c on c.id = a join city d on d.id = b where km > 390 order by km;
select country, count(*), sum(people), round(avg(people), 2), min(name), max(name) from city group by country
  having count(*) > 1 order by country;
select c.name from city c left join route on a = c.id where a is null;
-- recursive common table expressions
with recursive fib(n, x, y) as (select 0, 0, 1 union all select n + 1, y, x + y from fib where n < 40)
  select n, x from fib where n % 10 = 0;
with recursive reach(id, km, path) as (
    select 1, 0.0, 'Lisbon'
    union all
    select b, reach.km + route.km, path || '>' || city.name from reach join route on a = reach.id join city on city.id = b)
  select path, km from reach where id = 9 order by km;
with recursive
  xaxis(x) as (values(-2.0) union all select x + 0.1 from xaxis where x < 0.6),
  yaxis(y) as (values(-1.0) union all select y + 0.2 from yaxis where y < 1.0),
  m(iter, cx, cy, x, y) as (
    select 0, x, y, 0.0, 0.0 from xaxis, yaxis
    union all
    select iter + 1, cx, cy, x * x - y * y + cx, 2.0 * x * y + cy from m where (x * x + y * y) < 4.0 and iter < 14),
  m2(iter, cx, cy) as (select max(iter), cx, cy from m group by cx, cy),
  rows(line, cy) as (select group_concat(substr(' .+*#', 1 + min(iter / 3, 4), 1), ''), cy from m2 group by cy)
  select rtrim(line) from rows order by cy;
-- window functions
select name, people, rank() over (order by people desc), sum(people) over (partition by country order by id),
  lag(name) over (order by id), ntile(3) over (order by id) from city where people is not null order by id;
select km, round(avg(km) over (order by km rows between 1 preceding and 1 following), 2),
  first_value(km) over w, percent_rank() over w from route window w as (order by km) order by km;
-- JSON
select json_object('name', name, 'people', people, 'tags', json_array(country, id)) from city where id < 3;
select json_extract('{"a": {"b": [1, 2.5, "three", null, true]}}', '$.a.b[2]'), json_type('{"a": [1]}', '$.a'),
  json_array_length('[1, [2, 3], 4]'), '{"x": 7}' ->> 'x', json_patch('{"a":1,"b":2}', '{"b":null,"c":3}');
select key, value, type from json_each('{"one": 1, "two": [2, 3], "three": "drei"}');
select fullkey, atom from json_tree('{"p": [{"q": 1}, {"q": "zwei"}], "r": false}') where atom is not null;
select json_group_array(name), json_group_object(name, id) from city where country = 'IT';
-- text, dates, numbers, blobs
select upper('straw') || lower('BERRY'), substr('wasmote', 3, 2), instr('interpreter', 'pre'), replace('a-b-c', '-', '+'),
  trim('  x '), printf('%05d|%-6s|%8.3f|%x', 42, 'ab', 3.14159, 255), hex(x'00ff10'), quote('it''s'), length('naïve'), unicode('é');
select date('2024-02-28', '+2 days'), strftime('%Y %j %W', '2020-12-31'), julianday('2000-01-01 12:00'),
  datetime(1700000000, 'unixepoch'), round(julianday('2024-03-01') - julianday('2023-03-01'));
select 7 / 2, 7 % 3, 7.0 / 2, -7 / 2, 1 << 40, 5 & 3, 5 | 3, ~5, 9223372036854775807 + 1, 0.1 + 0.2, 1e308 * 10, abs(-3.5), round(2.567, 1);
select cast('12abc' as integer), cast(3.99 as integer), typeof(1), typeof(1.0), typeof('1'), typeof(null), typeof(x''), 1 = 1.0, '1' = 1;
-- changes, transactions, triggers, views, upsert
create table log(what text, n integer default 0, primary key (what)) without rowid;
create trigger city_gone after delete on city begin
  insert into log values ('gone ' || old.name, 1) on conflict (what) do update set n = n + 1;
end;
begin; delete from city where country = 'IT'; select count(*) from city; rollback;
select count(*) from city, (select count(*) as logged from log) where logged = 0;
delete from city where name = 'Genoa' returning id, name;
insert into log values ('x', 1), ('y', 2) on conflict do nothing;
insert into log values ('x', 5) on conflict (what) do update set n = n + excluded.n;
select * from log;
create view big as select name, people from city where people > 1000;
select * from big order by 1;
create index by_country on city(country, people);
explain query plan select name from city where country = 'FR' and people > 100;
insert into route values (3, 3, 0);
select nosuch from city;
select count(*) from sqlite_schema;
pragma integrity_check;
