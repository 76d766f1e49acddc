// What the simulated school teaches: twelve subjects in four areas, each title in English and Chinese.
// Per subject: two series of three levels, two single courses, two books, one pass that expires.
// Invented titles; any likeness to a product on sale is by chance.

export interface Words {
  readonly en: string;
  readonly zh: string;
}

export interface Subject {
  readonly id: string;
  readonly area: Words;
  readonly name: Words;
  readonly series: readonly Words[];
  readonly courses: readonly Words[];
  readonly books: readonly Words[];
  readonly pass: Words;
}

const words = (en: string, zh: string): Words => ({ en, zh });

const technology = words('Technology', '技术');
const business = words('Business', '商业');
const arts = words('Arts', '艺术');
const life = words('Life', '生活');

/** What a series' three parts are called, in order; also their levels. */
export const levels = [
  { level: 'beginner', suffix: words('Foundations', '入门') },
  { level: 'intermediate', suffix: words('In Practice', '实战') },
  { level: 'advanced', suffix: words('Masterclass', '高阶') },
] as const;

export const subjects: readonly Subject[] = [
  {
    id: 'programming',
    area: technology,
    name: words('Programming', '编程'),
    series: [words('Python Programming', 'Python 编程'), words('Modern Web Development', '现代网页开发')],
    courses: [
      words('Clean Code for Working Teams', '团队里的整洁代码'),
      words('Git Without Fear', '不再害怕 Git'),
    ],
    books: [
      words('Thinking in Small Programs', '小程序的大思维'),
      words('The Patient Debugger', '耐心的调试者'),
    ],
    pass: words('Coding Interview Pass', '编程面试通关卡'),
  },
  {
    id: 'data',
    area: technology,
    name: words('Data science', '数据科学'),
    series: [words('Machine Learning', '机器学习'), words('SQL and Data Analysis', 'SQL 与数据分析')],
    courses: [
      words('Statistics You Will Actually Use', '真正用得上的统计学'),
      words('Charts That Tell the Truth', '诚实的图表'),
    ],
    books: [
      words('Numbers in Everyday Life', '生活中的数字'),
      words('Models and Their Mistakes', '模型与它的错误'),
    ],
    pass: words('Data Analyst Exam Pass', '数据分析师考试卡'),
  },
  {
    id: 'cloud',
    area: technology,
    name: words('Cloud and operations', '云与运维'),
    series: [
      words('Serverless Architecture', '无服务器架构'),
      words('Linux Administration', 'Linux 系统管理'),
    ],
    courses: [
      words('Containers in One Weekend', '一个周末学会容器'),
      words('Networks Explained Slowly', '慢慢讲清计算机网络'),
    ],
    books: [words('On Call and Calm', '从容值班'), words('The Cost of Every Request', '每个请求的成本')],
    pass: words('Cloud Certification Pass', '云认证考试卡'),
  },
  {
    id: 'investing',
    area: business,
    name: words('Money and investing', '理财与投资'),
    series: [words('Personal Finance', '个人理财'), words('Reading Company Reports', '看懂公司财报')],
    courses: [
      words('Index Funds for Ordinary People', '普通人的指数基金课'),
      words('Insurance Without Regret', '不后悔的保险课'),
    ],
    books: [
      words('The Slow Money Notebook', '慢钱笔记'),
      words('Cycles: A Short History of Booms', '繁荣简史'),
    ],
    pass: words('Market Briefing Pass', '市场内参年卡'),
  },
  {
    id: 'management',
    area: business,
    name: words('Management', '管理'),
    series: [words('Product Management', '产品经理'), words('Leading Small Teams', '带好小团队')],
    courses: [
      words('Meetings Worth Having', '值得开的会'),
      words('Negotiation for Honest People', '老实人的谈判课'),
    ],
    books: [words('The First Ninety Decisions', '最初的九十个决定'), words('Quiet Leaders', '安静的领导者')],
    pass: words('Project Manager Exam Pass', '项目管理考试卡'),
  },
  {
    id: 'marketing',
    area: business,
    name: words('Writing and marketing', '写作与营销'),
    series: [words('Copywriting', '文案写作'), words('Growing an Online Shop', '网店增长')],
    courses: [
      words('Newsletters People Open', '让人愿意打开的邮件'),
      words('Short Video from Script to Screen', '短视频从脚本到成片'),
    ],
    books: [words('One Page a Day', '每天一页'), words('Why People Come Back', '人们为什么回来')],
    pass: words('Creator Toolkit Pass', '创作者工具卡'),
  },
  {
    id: 'design',
    area: arts,
    name: words('Design', '设计'),
    series: [words('Interface Design', '界面设计'), words('Drawing', '素描')],
    courses: [words('Colour for Everyone', '人人都懂的色彩课'), words('Typography by Hand', '手写字体设计')],
    books: [words('Objects We Keep', '留下来的物件'), words('Forty Posters', '四十张海报')],
    pass: words('Design Critique Pass', '设计点评卡'),
  },
  {
    id: 'music',
    area: arts,
    name: words('Music', '音乐'),
    series: [words('Acoustic Guitar', '民谣吉他'), words('Piano for Adults', '成人钢琴')],
    courses: [words('Listening to Symphonies', '听懂交响乐'), words('Singing in Tune', '不再跑调')],
    books: [words('A Year of Practice', '练琴一年'), words('The Jazz Evenings', '爵士之夜')],
    pass: words('Practice Room Pass', '陪练卡'),
  },
  {
    id: 'photography',
    area: arts,
    name: words('Photography and film', '摄影与影像'),
    series: [words('Photography', '摄影'), words('Video Editing', '视频剪辑')],
    courses: [
      words('Portraits by Window Light', '窗边人像'),
      words('Travel Photos on a Phone', '手机旅行摄影'),
    ],
    books: [words('Light, Plainly', '光的说明书'), words('Streets at Noon', '正午的街道')],
    pass: words('Photo Review Pass', '作品点评卡'),
  },
  {
    id: 'languages',
    area: life,
    name: words('Languages', '外语'),
    series: [words('Everyday Spanish', '日常西班牙语'), words('Business English', '商务英语')],
    courses: [words('Pronunciation Clinic', '发音诊所'), words('Japanese Through Manga', '看漫画学日语')],
    books: [words('A Thousand Useful Words', '一千个常用词'), words('Letters from Lisbon', '里斯本来信')],
    pass: words('Language Exam Pass', '语言考试冲刺卡'),
  },
  {
    id: 'mind',
    area: life,
    name: words('Psychology', '心理'),
    series: [words('Psychology of Habits', '习惯心理学'), words('Mindfulness', '正念')],
    courses: [
      words('Sleep Better in Twenty-One Days', '二十一天改善睡眠'),
      words('Talking to Teenagers', '和青春期孩子沟通'),
    ],
    books: [words('Small Steps, Long Road', '小步远行'), words('What We Feel and Why', '情绪从哪里来')],
    pass: words('Coaching Circle Pass', '陪伴小组卡'),
  },
  {
    id: 'health',
    area: life,
    name: words('Health and fitness', '健康与运动'),
    series: [words('Yoga at Home', '居家瑜伽'), words('Running', '跑步')],
    courses: [words('Back Pain: Moving Again', '告别腰背疼'), words('Cooking Light Dinners', '轻食晚餐')],
    books: [words('The Breathing Book', '呼吸之书'), words('Eating in Season', '四时饮食')],
    pass: words('Live Workout Pass', '直播训练卡'),
  },
];

/** Memberships by language: the whole library by month and year, and one per area by month or year. */
export const memberships: readonly (Words & { readonly id: string; readonly days: 30 | 365 })[] = [
  { id: 'all-monthly', days: 30, ...words('Library Membership, Monthly', '全站会员月卡') },
  { id: 'all-yearly', days: 365, ...words('Library Membership, Yearly', '全站会员年卡') },
  { id: 'technology-monthly', days: 30, ...words('Technology Track, Monthly', '技术专区月卡') },
  { id: 'business-yearly', days: 365, ...words('Business Track, Yearly', '商业专区年卡') },
  { id: 'arts-monthly', days: 30, ...words('Studio Membership, Monthly', '艺术工作室月卡') },
  { id: 'life-yearly', days: 365, ...words('Better Days Membership, Yearly', '生活专区年卡') },
];

export const authors = {
  en: ['Nora Whitfield', 'Daniel Okafor', 'Priya Raman', 'Tom Ashby', 'Lucía Herrero', 'Mia Lindqvist'],
  zh: ['林之远', '陈若溪', '周启明', '何静', '沈怀安', '吴小满'],
} as const;

export const givenNames = {
  en: ['Alice', 'Ben', 'Clara', 'David', 'Emma', 'Frank', 'Grace', 'Henry', 'Isla', 'Jack', 'Kate', 'Leo'],
  zh: ['子涵', '雨桐', '浩然', '思远', '梓萱', '嘉怡', '俊杰', '晓彤', '文博', '佳琪', '明轩', '若曦'],
} as const;

export const familyNames = {
  en: ['Adams', 'Baker', 'Carter', 'Dixon', 'Ellis', 'Foster', 'Grant', 'Hughes', 'Irwin', 'Jensen'],
  zh: ['王', '李', '张', '刘', '陈', '杨', '赵', '黄', '周', '吴'],
} as const;
